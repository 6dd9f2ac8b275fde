using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>The vision tower's output for pictures of one size.</summary>
/// <param name="Main">[pictures, tokens, width]. They stand in the prompt like embedded text.</param>
/// <param name="Deep">One tensor of the same shape for each DeepStack layer. The language model adds them to the image tokens after its layers 0, 1...</param>
/// <param name="Rows">Tokens along the height.</param>
/// <param name="Columns">Tokens along the width.</param>
internal sealed record ImageTokens(Tensor Main, IReadOnlyList<Tensor> Deep, int Rows, int Columns)
{
    /// <summary>Tokens of one picture.</summary>
    public int Count => Rows * Columns;
}

/// <summary>The order of patches in the vision tower: the four patches of a token are adjacent, and tokens go row by row.</summary>
internal static class PatchOrder
{
    /// <summary>Row and column of each patch.</summary>
    /// <param name="rows">Patches along the height, even.</param>
    /// <param name="columns">Patches along the width, even.</param>
    public static IEnumerable<(int Row, int Column)> Of(int rows, int columns)
    {
        for (var row = 0; row < rows; row += ModelShape.Merge)
        {
            for (var column = 0; column < columns; column += ModelShape.Merge)
            {
                for (var i = 0; i < ModelShape.Merge * ModelShape.Merge; i++)
                {
                    yield return (row + (i / ModelShape.Merge), column + (i % ModelShape.Merge));
                }
            }
        }
    }
}

/// <summary>Qwen3-VL's vision transformer with its mergers.</summary>
internal sealed class VisionTower(ModelShape shape, ModelWeights weights)
{
    /// <summary>Encodes pictures of one size.</summary>
    /// <param name="pixels">[pictures, 3, height, width], -1 to 1. Sides are multiples of 32.</param>
    public ImageTokens Encode(Tensor pixels)
    {
        var pictures = pixels.shape[0];
        var (rows, columns) = ((int)pixels.shape[2] / ModelShape.Patch, (int)pixels.shape[3] / ModelShape.Patch);
        var count = rows * columns;
        var (width, head) = (shape.VisionWidth, shape.VisionWidth / shape.VisionHeads);
        var patches = pixels
            .reshape(pictures, 3, rows / 2, 2, ModelShape.Patch, columns / 2, 2, ModelShape.Patch)
            .permute(0, 2, 5, 3, 6, 1, 4, 7)
            .reshape(pictures, count, ModelShape.PatchInputs);
        var x = F.linear(patches, weights["v.patch_embd.weight"], weights["v.patch_embd.bias"]) + Positions(rows, columns);
        var rotation = Rotation.OfPatches(rows, columns, head);
        var deep = new List<Tensor>();
        for (var layer = 0; layer < shape.VisionLayers; layer++)
        {
            var name = $"v.blk.{layer}.";
            var qkv = Linear(Norm(x, name + "ln1"), name + "attn_qkv").reshape(pictures, count, 3, shape.VisionHeads, head).permute(2, 0, 3, 1, 4);
            var attended = F.scaled_dot_product_attention(rotation.Apply(qkv[0]), rotation.Apply(qkv[1]), qkv[2].contiguous());
            x += Linear(attended.transpose(1, 2).reshape(pictures, count, width), name + "attn_out");
            x += Linear(Gelu(Linear(Norm(x, name + "ln2"), name + "ffn_up")), name + "ffn_down");
            if (shape.DeepStack.Contains(layer))
            {
                // the merge precedes the norm, unlike in the main merger
                var merger = $"v.deepstack.{layer}.";
                deep.Add(Linear(Gelu(Linear(Norm(Merge(x), merger + "norm"), merger + "fc1")), merger + "fc2"));
            }
        }

        var main = Linear(Gelu(Linear(Merge(Norm(x, "v.post_ln")), "mm.0")), "mm.2");
        return new ImageTokens(main, deep, rows / ModelShape.Merge, columns / ModelShape.Merge);

        Tensor Merge(Tensor tokens) => tokens.reshape(pictures, count / 4, 4 * width);
    }

    /// <summary>The position embeddings, interpolated to the picture's grid: bilinear with aligned corners, as in llama.cpp since v0.5.</summary>
    private Tensor Positions(int rows, int columns)
    {
        const int last = ModelShape.Grid - 1;
        var corners = new long[4][];
        var shares = new float[4][];
        for (var corner = 0; corner < 4; corner++)
        {
            (corners[corner], shares[corner]) = (new long[rows * columns], new float[rows * columns]);
        }

        var patch = 0;
        foreach (var (row, column) in PatchOrder.Of(rows, columns))
        {
            var (y, x) = (row * last / (float)(rows - 1), column * last / (float)(columns - 1));
            var (top, left) = (Math.Min((int)y, last), Math.Min((int)x, last));
            var (bottom, right) = (Math.Min(top + 1, last), Math.Min(left + 1, last));
            var (down, across) = (y - top, x - left);
            (corners[0][patch], shares[0][patch]) = ((top * ModelShape.Grid) + left, (1 - down) * (1 - across));
            (corners[1][patch], shares[1][patch]) = ((top * ModelShape.Grid) + right, (1 - down) * across);
            (corners[2][patch], shares[2][patch]) = ((bottom * ModelShape.Grid) + left, down * (1 - across));
            (corners[3][patch], shares[3][patch]) = ((bottom * ModelShape.Grid) + right, down * across);
            patch++;
        }

        var table = weights["v.position_embd.weight"];
        return Enumerable.Range(0, 4).Select(i => table.index_select(0, tensor(corners[i])) * tensor(shares[i]).unsqueeze(1)).Aggregate((a, b) => a + b);
    }

    private Tensor Norm(Tensor x, string name) => F.layer_norm(x, [x.shape[^1]], weights[name + ".weight"], weights[name + ".bias"], ModelShape.Epsilon);

    private Tensor Linear(Tensor x, string name) => F.linear(x, weights[name + ".weight"], weights[name + ".bias"]);

    private static Tensor Gelu(Tensor x) => F.gelu(x, GELU.Approximate.tanh);
}
