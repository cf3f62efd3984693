import { type Channel, channelNames, commandTopics, deliveryCommand } from '@allim/contracts';
import { type KafkaRecord } from '@allim/kafka';
import { type Requeue } from '@allim/store';

/** Topics of commands, with their channels. They come to us only as replays. */
const channelOf: ReadonlyMap<string, Channel> = new Map(
  channelNames.flatMap((channel) => commandTopics([channel]).map((topic) => [topic, channel] as const)),
);

/** A replayed command that cannot be done. Without a stack, as a DataError: where we read it says nothing about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  override stack = '';

  constructor(
    readonly errorClass: 'bad-command' | 'wrong-channel' | 'in-hand',
    message: string,
  ) {
    super(message);
  }
}

/** The delivery that a replayed command is to send again; null: the record is no such command. Throws nothing but a CommandError. */
export function readResend(record: KafkaRecord): Requeue | null {
  const { replay } = record;
  const channel = replay && channelOf.get(record.topic);
  if (!channel) return null;
  const { topic, partition, offset, timestamp, timestampType } = record;
  const { id, count, group, firstFailedAt } = replay;
  const publishedAt = Number(timestamp); // -1: unknown
  return {
    deliveryId: deliveryIdOf(record, channel),
    original: {
      topic,
      partition,
      offset,
      timestamp: publishedAt >= 0 ? new Date(publishedAt) : null,
      timestampType,
      group,
    },
    replay: { id, count },
    firstFailedAt,
  };
}

function deliveryIdOf({ value }: KafkaRecord, channel: Channel): string {
  const { success, data: command, error } = deliveryCommand.safeParse(jsonOf(value));
  if (!success) {
    const [issue] = error.issues;
    throw new CommandError('bad-command', `${issue?.path.join('.') || 'value'}: ${issue?.message}`);
  }
  if (command.channel !== channel) throw new CommandError('wrong-channel', `a command for ${command.channel}`);
  return command.deliveryId.toLowerCase();
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '');
  } catch {
    throw new CommandError('bad-command', 'value: expected JSON');
  }
}
