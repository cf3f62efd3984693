import { gzipSync, zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import { registerCodecs } from './compression.js';

const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
const limit = 64 * 1024 * 1024;

registerCodecs();

const unpack = (type: keyof typeof codecs, packed: Uint8Array): Promise<Buffer> =>
  codecs[type]().decompress(Buffer.from(packed));

function uint32(value: number, order: 'BE' | 'LE'): Buffer {
  const bytes = Buffer.alloc(4);
  bytes[`writeUInt32${order}`](value);
  return bytes;
}

/** As snappy-java writes it. */
const xerial = (...chunks: Buffer[]) =>
  Buffer.concat([
    Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1'),
    ...chunks.map(snappy.compress).flatMap((chunk) => [uint32(chunk.length, 'BE'), chunk]),
  ]);

/** Version 1, independent blocks of 64 KiB at most; the header's checksum is nobody's business. */
const lz4Frame = (flags: number, ...rest: Buffer[]) =>
  Buffer.concat([uint32(0x184d2204, 'LE'), Buffer.from([0x60 | flags, 0x40]), ...rest]);
const storedBlock = (content: Buffer) => [uint32(0x80000000 + content.length, 'LE'), content];

const pack = [
  ['gzip', types.GZIP, gzipSync],
  ['zstd', types.ZSTD, zstdCompressSync],
  ['one block of snappy', types.Snappy, snappy.compress],
  [
    'chunks of snappy',
    types.Snappy,
    (content: Buffer) => xerial(content.subarray(0, content.length / 2), content.subarray(content.length / 2)),
  ],
  ['LZ4', types.LZ4, lz4.compress],
] as [string, keyof typeof codecs, (content: Buffer) => Uint8Array][];

describe('the codecs', () => {
  it.each(pack)('unpack %s, and nothing that comes to more than 64 MiB', async (_, type, packed) => {
    expect(Buffer.alloc(limit, 'x').equals(await unpack(type, packed(Buffer.alloc(limit, 'x'))))).toBe(true);
    await expect(unpack(type, packed(Buffer.alloc(limit + 2)))).rejects.toThrow(/(larger|more) than|too big/);
    expect((await unpack(type, packed(Buffer.from('안녕')))).toString()).toBe('안녕');
  });

  it('unpack LZ4 whose blocks have checksums and whose size is told', async () => {
    const checksum = Buffer.from('!!!!');
    const content = [Buffer.from('안녕'), Buffer.from('하세요')];
    const blocks = content.flatMap((one) => [...storedBlock(one), checksum]);
    const size = Buffer.concat([uint32(Buffer.concat(content).length, 'LE'), uint32(0, 'LE')]);
    const frame = lz4Frame(0x18, size, Buffer.from('?'), ...blocks, uint32(0, 'LE'));
    expect((await unpack(types.LZ4, frame)).toString()).toBe('안녕하세요');
  });

  it.each([
    ['LZ4', types.LZ4, lz4Frame(0, Buffer.from('?'), ...storedBlock(Buffer.from('안녕')))],
    ['snappy', types.Snappy, xerial(Buffer.from('안녕')).subarray(0, -1)],
  ] as [string, keyof typeof codecs, Buffer][])('refuse %s that is cut off', async (_, type, packed) => {
    await expect(unpack(type, packed)).rejects.toThrow();
  });
});
