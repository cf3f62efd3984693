import { useEffect, useRef, useState } from 'react';
import { type JobShown } from '../api-shapes.js';
import { useSession } from '../session.js';

/** Where it is not live, jobs are asked for; where it is, that is the net below it. */
export const pollMs = { live: 10_000, notLive: 2_000 };

/** Tells how jobs get on. Answers whether it does: the socket may be refused, or broken by a proxy. */
export function useLiveJobs(onJob: (job: JobShown) => void): boolean {
  const token = useSession().session?.token;
  const [isLive, setLive] = useState(false);
  const told = useRef(onJob);
  told.current = onJob;
  useEffect(() => {
    if (token === undefined) return;
    let close: (() => void) | undefined;
    let isGone = false;
    import('socket.io-client').then(
      ({ io }) => {
        if (isGone) return;
        const socket = io({ path: '/api/v1/ops/socket.io', auth: { token } });
        socket.on('connect', () => setLive(true));
        socket.on('disconnect', () => setLive(false));
        socket.on('job', (job: JobShown) => told.current(job));
        close = () => socket.disconnect();
      },
      () => {}, // then it is not live
    );
    return () => {
      isGone = true;
      setLive(false);
      close?.();
    };
  }, [token]);
  return isLive;
}
