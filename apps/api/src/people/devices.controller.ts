import { type ApiResponse, type DeviceDetails, deviceDetails } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, ByCaller, type Caller, JsonBody, ok, Protected } from '@allim/http';
import { DeviceStore } from '@allim/store';
import { Body, Controller, Delete, Param, Put, Query, UseGuards } from '@nestjs/common';
import { noQuery } from '../inbox/inbox-query.js';
import { tokenParam } from './person-fields.js';

@Controller('api/v1/devices')
@UseGuards(AccessGuard)
@Protected('people')
export class DevicesController {
  constructor(private readonly devices: DeviceStore) {}

  @Put(':token')
  @ApiOperation({
    summary:
      "Registers a device for pushes, or says that it is still in use; it is the caller's from now on, whoever had it before",
  })
  @JsonBody(deviceDetails)
  @Answers(deviceDetails)
  async put(
    @ByCaller() { userId }: Caller,
    @Param('token', { schema: tokenParam }) token: string,
    @Body({ schema: deviceDetails }) device: DeviceDetails,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<DeviceDetails>> {
    await this.devices.put(userId, token, device);
    return ok(device);
  }

  /** The same answer whether or not there was one: nobody learns whether a token is another user's. */
  @Delete(':token')
  @ApiOperation({ summary: 'Sends no more pushes to a device of the caller; idempotent' })
  @Answers(undefined)
  async remove(
    @ByCaller() { userId }: Caller,
    @Param('token', { schema: tokenParam }) token: string,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<void>> {
    await this.devices.remove(userId, token);
    return ok();
  }
}
