// The ONNX graph of a static model: look up the int8 row and the scale of every token, multiply.
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;

/**
 * @param {{ rows: number, columns: number, values: Int8Array, scales: Float32Array }} table one row
 *   and one scale per token
 * @returns {Uint8Array} an ONNX file: `input_ids` [batch, sequence] to `last_hidden_state`
 *   [batch, sequence, columns]
 */
export function staticOnnx({ rows, columns, values, scales }) {
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      // The newest version that onnxruntime 1.14, and so @xenova/transformers, can read.
      irVersion: 8,
      producerName: 'bitryoshka',
      opsetImport: [{ domain: '', version: 13 }],
      graph: {
        name: 'static-token-model',
        initializer: [
          tensor('table', DataType.INT8, [rows, columns], values),
          tensor('scales', DataType.FLOAT, [rows, 1], scales),
        ],
        node: [
          node('Gather', ['table', 'input_ids'], 'integers'),
          node('Cast', ['integers'], 'floats', [
            { name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: DataType.FLOAT },
          ]),
          node('Gather', ['scales', 'input_ids'], 'factors'),
          node('Mul', ['floats', 'factors'], 'last_hidden_state'),
        ],
        input: [value('input_ids', DataType.INT64, ['batch', 'sequence'])],
        output: [value('last_hidden_state', DataType.FLOAT, ['batch', 'sequence', columns])],
      },
    }),
  ).finish();
}

function tensor(name, dataType, dims, values) {
  const { buffer, byteOffset, byteLength } = values;
  return { name, dataType, dims, rawData: new Uint8Array(buffer, byteOffset, byteLength) };
}

function node(opType, input, output, attribute = []) {
  return { opType, name: output, input, output: [output], attribute };
}

function value(name, elemType, shape) {
  const dim = shape.map((size) =>
    typeof size === 'string' ? { dimParam: size } : { dimValue: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** @returns the float vectors of a file that {@link staticOnnx} has made, one row per token */
export function readStaticOnnx(bytes) {
  const [table, scales] = onnx.ModelProto.decode(bytes).graph.initializer.map(
    ({ rawData }) => new Uint8Array(rawData),
  );
  const factors = new Float32Array(scales.buffer);
  const columns = table.length / factors.length;
  const data = Float32Array.from(
    new Int8Array(table.buffer),
    (value, i) => value * factors[Math.floor(i / columns)],
  );
  return { rows: factors.length, columns, data };
}
