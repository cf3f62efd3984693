import { type ApiResponse, type Preferences, preferences } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, ByCaller, type Caller, JsonBody, ok, Protected } from '@allim/http';
import { PreferenceStore } from '@allim/store';
import { Body, Controller, Get, Put, Query, UseGuards } from '@nestjs/common';
import { noQuery } from '../inbox/inbox-query.js';
import { preferenceChoices } from './person-fields.js';

@Controller('api/v1/preferences')
@UseGuards(AccessGuard)
@Protected('people')
export class PreferencesController {
  constructor(private readonly store: PreferenceStore) {}

  @Get()
  @ApiOperation({ summary: 'What the caller has chosen; for what is not listed the defaults count' })
  @Answers(preferences)
  async own(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<Preferences>> {
    return ok({ preferences: await this.store.get(userId) });
  }

  @Put()
  @ApiOperation({ summary: 'Replaces what the caller has chosen: what is left out goes back to its default' })
  @JsonBody(preferenceChoices)
  @Answers(preferences)
  async putOwn(
    @ByCaller() { userId }: Caller,
    @Body({ schema: preferenceChoices }) { preferences: chosen }: Preferences,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<Preferences>> {
    await this.store.put(userId, chosen);
    return ok({ preferences: await this.store.get(userId) });
  }
}
