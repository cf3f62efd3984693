// A key and a certificate for `localhost`, and not for its address, that nobody but a spec has any use for. Made by
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
//   -addext subjectAltName=DNS:localhost

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOvuZNZ3ezRqnZwWy
SG70B3XugezvCoEedMKJ4TeHpwehRANCAARdyhninld9p0hopzaf3jrNc3yfjXV6
JjsqvrkuH5mRZiVkj/dNn2kA0yJPf+vHvDX2MB2/sYm3mSxFOdFxh2xq
-----END PRIVATE KEY-----
`;

export const cert = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUM7u6CIqlgldHh7ZymgLk66tvtNMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE0MDI0MloYDzIxMjYxMDI4
MTQwMjQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARdyhninld9p0hopzaf3jrNc3yfjXV6JjsqvrkuH5mRZiVkj/dNn2kA
0yJPf+vHvDX2MB2/sYm3mSxFOdFxh2xqo2kwZzAdBgNVHQ4EFgQUU6jkYigczBZ6
Foq3EojzM3nqiVEwHwYDVR0jBBgwFoAUU6jkYigczBZ6Foq3EojzM3nqiVEwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAJ3H0UgXBE5TFT9knuAYuGFoXGxJbJjwbOQtWC4dFYCRAiEAtViGvY1Z
mMVMET320uMX2REPgYY3NxRjwLj8gnxsnC4=
-----END CERTIFICATE-----
`;
