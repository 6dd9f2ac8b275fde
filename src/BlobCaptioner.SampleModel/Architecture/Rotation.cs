using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>Rotary positions: dimension i of a head's first half rotates with dimension i of its second half.</summary>
internal sealed class Rotation
{
    private readonly Tensor _cos;
    private readonly Tensor _sin;

    private Rotation(float[] angles, int positions)
    {
        var table = tensor(angles).reshape(positions, angles.Length / positions);
        (_cos, _sin) = (table.cos(), table.sin());
    }

    /// <summary>Rotates heads, [.., positions, head size].</summary>
    public Tensor Apply(Tensor heads)
    {
        var half = heads.shape[^1] / 2;
        var (first, second) = (heads.narrow(-1, 0, half), heads.narrow(-1, half, half));
        return cat([(first * _cos) - (second * _sin), (first * _sin) + (second * _cos)], -1);
    }

    /// <summary>The vision tower's rotation: a quarter of a head rotates by row, the next by column. The base is 10,000; patches are in <see cref="PatchOrder"/>.</summary>
    public static Rotation OfPatches(int rows, int columns, int headSize)
    {
        var quarter = headSize / 4;
        var angles = new float[rows * columns * headSize / 2];
        var at = 0;
        foreach (var (row, column) in PatchOrder.Of(rows, columns))
        {
            for (var i = 0; i < quarter; i++)
            {
                var frequency = MathF.Pow(10_000, -2f * i / (headSize / 2f));
                angles[at + i] = row * frequency;
                angles[at + quarter + i] = column * frequency;
            }

            at += headSize / 2;
        }

        return new Rotation(angles, rows * columns);
    }

    /// <summary>
    /// The language model's rotation (interleaved M-RoPE; ggml, <c>GGML_ROPE_TYPE_IMROPE</c>): pair i rotates by time, row or column where i mod 3 is 0, 1 or 2,
    /// up to the end of that section.
    /// </summary>
    public static Rotation OfTokens(IReadOnlyList<(int Time, int Row, int Column)> positions, ModelShape shape)
    {
        var half = shape.HeadSize / 2;
        var angles = new float[positions.Count * half];
        for (var token = 0; token < positions.Count; token++)
        {
            var (time, row, column) = positions[token];
            for (var i = 0; i < half; i++)
            {
                var position = (i % 3) switch
                {
                    1 when i < 3 * ModelShape.RopeSections[1] => row,
                    2 when i < 3 * ModelShape.RopeSections[2] => column,
                    0 when i < 3 * ModelShape.RopeSections[0] => time,
                    _ => 0,
                };
                angles[(token * half) + i] = (float)(position * Math.Pow(shape.RopeBase, -2.0 * i / shape.HeadSize));
            }
        }

        return new Rotation(angles, positions.Count);
    }
}
