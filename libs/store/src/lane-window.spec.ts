import { LaneWindow } from './lane-window.js';

/** Fills it, and looks when so many are left; answers its size then. */
function next(window: LaneWindow, left: number): number {
  window.fill();
  window.look(left);
  return window.size;
}

describe('the window of a lane', () => {
  it('begins with few, and leaves room for what is not there yet', () => {
    const window = new LaneWindow(500, 2_000);
    expect([window.size, window.look(0), window.look(200), window.look(500), window.look(501)]).toEqual([
      ...[500, 500, 300, 0, 0],
    ]);
    expect(window.size).toBe(500);
  });

  it('grows while workers take nearly all of it, up to its bound', () => {
    const window = new LaneWindow(500, 2_000);
    expect([next(window, 0), next(window, 250), next(window, 100), next(window, 0)]).toEqual([
      1_000, 2_000, 2_000, 2_000,
    ]);
  });

  it('stays as it is where they take some', () => {
    const window = new LaneWindow(500, 2_000);
    expect([next(window, 126), next(window, 499)]).toEqual([500, 500]);
  });

  it('shrinks where nobody takes any, down to its bound', () => {
    const window = new LaneWindow(500, 2_000);
    expect([next(window, 0), next(window, 0), next(window, 2_000)]).toEqual([1_000, 2_000, 1_000]);
    expect(window.look(2_000)).toBe(0);
    expect([next(window, 1_000), next(window, 500)]).toEqual([500, 500]);
  });

  it('does not grow where it was never full: there was nothing to take', () => {
    const window = new LaneWindow(500, 2_000);
    window.look(0);
    window.look(0);
    expect(window.size).toBe(500);
  });
});
