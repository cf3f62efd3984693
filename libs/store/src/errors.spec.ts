import { DatabaseDown, DataRefused, judge, TryAgain } from './errors.js';

const driverError = (fields: object) => Object.assign(new Error('what the driver says'), fields);

describe('judge', () => {
  it.each([
    [{ code: 'ER_DATA_TOO_LONG', errno: 1406 }, DataRefused],
    [{ code: 'ER_DUP_ENTRY', errno: 1062 }, DataRefused],
    [{ code: 'ER_LOCK_DEADLOCK', errno: 1213 }, TryAgain],
    [{ code: 'ER_LOCK_WAIT_TIMEOUT', errno: 1205 }, TryAgain],
    [{ code: 'ECONNREFUSED', errno: -111 }, DatabaseDown],
    [{ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, DatabaseDown],
    [{ code: 'ER_SERVER_SHUTDOWN', errno: 1053 }, DatabaseDown],
    [{ code: 'ER_NO_SUCH_TABLE', errno: 1146 }, DatabaseDown],
    [{ code: 'ER_OPTION_PREVENTS_STATEMENT', errno: 1290 }, DatabaseDown],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, DatabaseDown],
    [{ fatal: true }, DatabaseDown], // mysql2: "Can't add new command when connection is in closed state"
    [{}, DatabaseDown], // mysql2: "Pool is closed."
  ])('takes %j for a %p', (fields, verdict) => {
    const error = driverError(fields);
    expect(judge(error)).toBeInstanceOf(verdict);
    expect(judge(error)).toMatchObject({ message: expect.stringContaining('what the driver says'), cause: error });
  });

  it('leaves a bug a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(judge(bug)).toBe(bug);
  });
});
