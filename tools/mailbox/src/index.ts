export type { FcmErrorCode, FcmFacts, FcmFault, FcmMessage, FcmScript } from './fcm-answers.js';
export { type FcmOptions, type FcmServer, type Push, startFcmServer } from './fcm-server.js';
export type { Filter } from './filter.js';
export type { KeepLimits } from './kept.js';
export type { Correspondent, Mail } from './mail.js';
export { type PageOptions, type PageServer, startPage } from './page-server.js';
export { type ServiceAccount, serviceAccount } from './service-account.js';
export type { ConnectionFacts, ConnectionFault, MailFacts, MailFault, SmtpScript } from './smtp-script.js';
export { type SmtpOptions, type SmtpServer, startSmtpServer } from './smtp-server.js';
