import { pieces } from './visible.js';

/** A text that somebody else has written: a text node, with marks for what would not be seen, and a direction of its own. */
export function Shown({ text, hasLines = false }: { text: string; hasLines?: boolean }) {
  return (
    <bdi>
      {pieces(text, hasLines).map((piece, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have nothing else, and never change places
        piece.isMark ? <Mark key={index} text={piece.text} /> : piece.text,
      )}
    </bdi>
  );
}

const Mark = ({ text }: { text: string }) => <span className="mark">{text}</span>;
