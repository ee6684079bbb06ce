import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { inverseNorm } from '../../vectors/normalize.ts';
import type { Scores, Student, StudentGradient } from './student.ts';
import { addToLeadingColumns, leadingColumns } from './student.ts';

/** Agreement of the first `prefix` bits, in [-1, 1]. */
export function symmetricScores(
  student: Student,
  gradient: StudentGradient,
  prefix: number,
): Scores {
  const queries = leadingColumns(student.queryBits, prefix);
  const documents = leadingColumns(student.documentBits, prefix);
  return products(queries, documents, 1 / prefix, (byQueries, byDocuments) => {
    addToLeadingColumns(gradient.queryBits, byQueries);
    if (gradient.documentBits) addToLeadingColumns(gradient.documentBits, byDocuments());
  });
}

/** The cosine of a query's first real values and the first bits of a document. */
export function asymmetricScores(
  student: Student,
  gradient: StudentGradient,
  prefix: number,
): Scores {
  const queries = unitRows(leadingColumns(student.queryReals, prefix));
  const documents = leadingColumns(student.documentBits, prefix);
  return products(queries.unit, documents, 1 / Math.sqrt(prefix), (byUnit, byDocuments) => {
    addToLeadingColumns(gradient.queryReals, queries.backward(byUnit));
    if (gradient.documentBits) addToLeadingColumns(gradient.documentBits, byDocuments());
  });
}

/** The cosine of the first real values of both. */
export function cosineScores(student: Student, gradient: StudentGradient, prefix: number): Scores {
  const queries = unitRows(leadingColumns(student.queryReals, prefix));
  const documents = unitRows(leadingColumns(student.documentReals, prefix));
  return products(queries.unit, documents.unit, 1, (byQueries, byDocuments) => {
    addToLeadingColumns(gradient.queryReals, queries.backward(byQueries));
    if (!gradient.documentReals) return;
    addToLeadingColumns(gradient.documentReals, documents.backward(byDocuments()));
  });
}

function products(
  queries: Matrix,
  documents: Matrix,
  factor: number,
  backward: (byQueries: Matrix, byDocuments: () => Matrix) => void,
): Scores {
  const kernel = matrixKernel();
  const values = kernel.multiplyTransposed(queries, documents);
  scale(values, factor);
  return {
    values,
    backward(gradient) {
      const byQueries = kernel.multiply(gradient, documents);
      scale(byQueries, factor);
      backward(byQueries, () => {
        const byDocuments = kernel.multiplyTransposeOf(gradient, queries);
        scale(byDocuments, factor);
        return byDocuments;
      });
    },
  };
}

/** Rows of unit length, and what a gradient by them is by the rows as they were. */
function unitRows(matrix: Matrix): { unit: Matrix; backward: (gradient: Matrix) => Matrix } {
  const { rows, columns } = matrix;
  const unit = { ...matrix, data: matrix.data.slice() };
  const inverseNorms = Float32Array.from({ length: rows }, (_, i) => {
    const inverse = inverseNorm(matrix.data, i * columns, columns);
    for (let p = i * columns; p < (i + 1) * columns; p++) unit.data[p] *= inverse;
    return inverse;
  });
  return {
    unit,
    backward(gradient) {
      // Of a direction, only what is across it changes it.
      for (let i = 0; i < rows; i++) {
        const [own, along] = [row(gradient, i), row(unit, i)];
        let parallel = 0;
        for (let j = 0; j < columns; j++) parallel += own[j] * along[j];
        for (let j = 0; j < columns; j++) {
          own[j] = (own[j] - parallel * along[j]) * inverseNorms[i];
        }
      }
      return gradient;
    },
  };
}

function scale({ data }: Matrix, factor: number): void {
  if (factor === 1) return;
  for (let p = 0; p < data.length; p++) data[p] *= factor;
}
