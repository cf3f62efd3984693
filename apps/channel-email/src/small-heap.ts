import { keepHeapSmall } from '@allim/platform/heap';

// Imported before anything else is loaded, and only for this effect. What a mail leaves behind is garbage at once: old objects may
// grow by a fifth only. With a young generation of 4 MB a mail takes 8 % more processor time, with 16 MB the app 10 MB more.
keepHeapSmall(20, 8 * 1_048_576);
