// A key and a certificate for `localhost` that nobody but a fault test has any use for. Made by
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
//   -addext subjectAltName=DNS:localhost

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggcoF6n50ypiILpr7
qr6ZiOg0+BSJB260+vqpdfn46qihRANCAAT2bOKiL4mheoIBifgP3B95RV8ps3KN
6pB8jMBQr2PG2AgNR3ZqmtMyk1NoYZTqE/Nu/tpBJan6rumxttnKwSgt
-----END PRIVATE KEY-----
`;

export const cert = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUQHRbqfaJnfDt3HRrAsTX5oWoeBIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE2MDkyOFoYDzIxMjYxMDI4
MTYwOTI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT2bOKiL4mheoIBifgP3B95RV8ps3KN6pB8jMBQr2PG2AgNR3ZqmtMy
k1NoYZTqE/Nu/tpBJan6rumxttnKwSgto2kwZzAdBgNVHQ4EFgQUoYzs72uMdkAr
QvIMgaHPsGUzeLcwHwYDVR0jBBgwFoAUoYzs72uMdkArQvIMgaHPsGUzeLcwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAJ63BxZWyu6WN5YleGJMGGfFj1NqAYkqS50EzhVecb7TAiAeGD9QiA+7
V3AU7B/qwan07hE5dJ+2n0bbPXi5/iOu/Q==
-----END CERTIFICATE-----
`;
