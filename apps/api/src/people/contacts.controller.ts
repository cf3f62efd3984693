import { type ApiResponse, type ContactDetails, contactDetails } from '@allim/contracts';
import {
  AccessGuard,
  Answers,
  ApiOperation,
  ByCaller,
  type Caller,
  JsonBody,
  NeedsScope,
  ok,
  Protected,
} from '@allim/http';
import { ContactStore } from '@allim/store';
import { Body, Controller, Get, Param, Put, Query, UseGuards } from '@nestjs/common';
import { noQuery } from '../inbox/inbox-query.js';
import { userIdParam } from './person-fields.js';

@Controller('api/v1')
@UseGuards(AccessGuard)
@Protected('people')
export class ContactsController {
  constructor(private readonly contacts: ContactStore) {}

  @Get('contact')
  @ApiOperation({ summary: 'How the caller is reached; the defaults when nothing is known yet' })
  @Answers(contactDetails)
  async own(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<ContactDetails>> {
    return ok((await this.contacts.get(userId)) ?? contactDetails.parse({}));
  }

  @Put('contact')
  @ApiOperation({ summary: 'Replaces how the caller is reached: what is left out becomes its default' })
  @JsonBody(contactDetails)
  @Answers(contactDetails)
  async putOwn(
    @ByCaller() { userId }: Caller,
    @Body({ schema: contactDetails }) contact: ContactDetails,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<ContactDetails>> {
    await this.contacts.put(userId, contact);
    return ok(contact);
  }

  @Put('contacts/:userId')
  @NeedsScope('notify')
  @ApiOperation({ summary: 'Replaces how somebody is reached. Scope "notify".' })
  @JsonBody(contactDetails)
  @Answers(contactDetails, 'C002')
  async put(
    @Param('userId', { schema: userIdParam }) userId: string,
    @Body({ schema: contactDetails }) contact: ContactDetails,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<ContactDetails>> {
    await this.contacts.put(userId, contact);
    return ok(contact);
  }
}
