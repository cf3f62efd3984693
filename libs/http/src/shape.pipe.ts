import { type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { shapeRefusal } from './shape.js';

/** Reads each parameter by its `schema`. Nest's own pipe would not name a path parameter that is wrong. */
export class ShapePipe implements PipeTransform {
  async transform(value: unknown, { schema, data, type }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    const read = await schema['~standard'].validate(value);
    if (read.issues) throw shapeRefusal(read.issues, data ?? type);
    return read.value;
  }
}
