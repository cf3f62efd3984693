import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import snappy from 'snappyjs';

/** What one batch may unpack to. Brokers bound only what is packed (1 MB by default), and 1 MB of zstd can hold gigabytes. */
const maxBytes = 64 * 1024 * 1024;
const bounded = { maxOutputLength: maxBytes };

/**
 * Lets every consumer read what producers of any language pack by `compression.type`. kafkajs brings gzip only, without
 * a bound; at a batch it cannot unpack, a consumer ends. Producers here may pack by gzip and zstd. Idempotent.
 */
export function registerCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.GZIP] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => promisify(gzip)(buffer),
    decompress: (packed: Buffer) => promisify(unzip)(packed, bounded),
  });
  codecs[types.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
    decompress: (packed: Buffer) => promisify(zstdDecompress)(packed, bounded),
  });
  codecs[types.Snappy] = () => ({ decompress: async (packed: Buffer) => fromSnappy(packed) });
  codecs[types.LZ4] = () => ({ decompress: async (packed: Buffer) => fromLz4(packed) });
}

const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1');
const xerialHeaderBytes = 16;

/** Java packs chunks, each after its length, behind a header (github.com/xerial/snappy-java); librdkafka packs one plain block. */
function fromSnappy(packed: Buffer): Buffer {
  if (!packed.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappy.uncompress(packed, maxBytes);
  const parts: Buffer[] = [];
  let left = maxBytes;
  for (let at = xerialHeaderBytes; at < packed.length; ) {
    const start = at + 4;
    at = start + packed.readUInt32BE(at);
    const part = snappy.uncompress(packed.subarray(start, at), left);
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

const hasBlockChecksums = 0x10;
const hasContentSize = 0x08;
const storedAsIs = 0x80000000;

/** Kept between batches: Go's producers claim 4 MB for every batch, however small. */
let room = Buffer.alloc(0);

/**
 * A frame by github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md. lz4js' own decompressFrame() looks for a block's
 * checksum at the wrong side of the block, and cuts off in silence what doesn't fit.
 */
function fromLz4(frame: Buffer): Buffer {
  // Number(), because its typings promise nothing.
  const bound = Math.min(Number(lz4.decompressBound(frame)), maxBytes);
  if (room.length < bound) room = Buffer.allocUnsafe(bound);
  const flags = frame.readUInt8(4);
  let size = 0;
  let at = flags & hasContentSize ? 15 : 7;
  for (let word = frame.readUInt32LE(at); word !== 0; word = frame.readUInt32LE(at)) {
    const start = at + 4;
    const length = word % storedAsIs;
    const end = start + length;
    if (word < storedAsIs) {
      size = lz4.decompressBlock(frame, room, start, length, size);
    } else {
      frame.copy(room, size, start, end);
      size += length;
    }
    if (size > room.length) throw new RangeError(`LZ4: the batch unpacks to more than ${room.length} bytes`);
    at = flags & hasBlockChecksums ? end + 4 : end;
  }
  return Buffer.from(room.subarray(0, size));
}
