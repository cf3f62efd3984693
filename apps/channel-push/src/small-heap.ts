import { keepHeapSmall } from '@allim/platform/heap';

// Imported before anything else is loaded, and only for this effect. What a push leaves behind is garbage at once: old objects may
// grow by a fifth only. With a young generation of 8 MB a push takes 8 % more processor time, and no less memory.
keepHeapSmall(20, 16 * 1_048_576);
