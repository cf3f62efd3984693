import { type ApiResponse } from '@allim/contracts';
import { ApiExcludeController, ok } from '@allim/http';
import { Controller, Get, Header } from '@nestjs/common';
import { type Settings } from '../config.js';

/** What the console has to know before anybody has signed in. */
export interface ConsoleSettings {
  /** Null: operators paste an access token. */
  oidc: { authority: string; clientId: string; scope: string } | null;
  /** Whether `/dev` hands out tokens of sample operators. */
  hasSampleOperators: boolean;
}

export function consoleSettings(settings: Settings): ConsoleSettings {
  const { OIDC_AUTHORITY: authority, OIDC_CLIENT_ID: clientId, OIDC_SCOPE: scope } = settings;
  return {
    oidc: authority !== undefined && clientId !== undefined ? { authority, clientId, scope } : null,
    hasSampleOperators: hasSampleOperators(settings),
  };
}

/** What the console calls while somebody signs in. */
export const issuerOrigins = ({ OIDC_AUTHORITY, OIDC_ORIGINS }: Settings): string[] =>
  OIDC_AUTHORITY === undefined ? [] : [new URL(OIDC_AUTHORITY).origin, ...OIDC_ORIGINS];

/** Development only: they let everybody in. */
export const hasSampleOperators = ({ NODE_ENV, AUTH_JWT_SECRET }: Settings): boolean =>
  NODE_ENV === 'development' && AUTH_JWT_SECRET !== undefined;

/** Injected: the settings are computed when the program starts. */
export class ShownSettings {
  constructor(readonly shown: ConsoleSettings) {}
}

@Controller('console-settings')
@ApiExcludeController()
export class ConsoleSettingsController {
  constructor(private readonly settings: ShownSettings) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  show(): ApiResponse<ConsoleSettings> {
    return ok(this.settings.shown);
  }
}
