import { preference } from '@allim/contracts';
import { ApiOperation, ApiResponse, ApiTags, FormBody, ok, PublicAnswers } from '@allim/http';
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { z } from 'zod';
import { UnsubscribeFilter } from './unsubscribe.filter.js';
import { showPage, wantsPage } from './unsubscribe-page.js';
import { Unsubscriptions } from './unsubscriptions.js';

const expected = 'expected List-Unsubscribe=One-Click';

/** RFC 8058. Other fields do not matter: mail programs add what they like. */
const oneClick = z.object({ 'List-Unsubscribe': z.literal('One-Click', expected) }, expected);

const page = { 'text/html': { schema: { type: 'string' } } };

/** The links at the foot and in the header of mails. No sign-in: the link's signature says whose it is and what for. */
@Controller('api/v1/unsubscribe')
@UseFilters(UnsubscribeFilter)
@ApiTags('people')
export class UnsubscribeController {
  constructor(private readonly unsubscriptions: Unsubscriptions) {}

  /** Changes nothing, whoever opens it: mail scanners and previews open every link. */
  @Get(':token')
  @ApiOperation({ summary: 'A page that says what a link of a mail takes back, with a button that does it (ko, en)' })
  @ApiResponse({ status: 200, description: 'The page', content: page })
  @ApiResponse({ status: 400, description: 'A page that says that the link is not one of ours', content: page })
  ask(@Param('token') token: string, @Req() request: Request, @Res() response: Response): void {
    showPage(request, response, 200, { kind: 'ask', what: this.unsubscriptions.read(token) });
  }

  @Post(':token')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Takes back one category on one channel: the one click of RFC 8058; idempotent',
    description: 'Answers a page to whoever asks for HTML.',
  })
  @FormBody(oneClick)
  @PublicAnswers(preference)
  async takeBack(
    @Param('token') token: string,
    @Body({ schema: oneClick }) _click: object,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { category, channel } = await this.unsubscriptions.takeBack(token);
    if (wantsPage(request)) showPage(request, response, 200, { kind: 'done', what: { category, channel } });
    else response.json(ok({ category, channel, wanted: false }));
  }
}
