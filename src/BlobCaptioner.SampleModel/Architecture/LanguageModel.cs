using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>
/// Qwen3's decoder with image tokens. The rows of a batch share the prompt before their picture. It is computed once and all rows attend to its keys, as the engine's slots share a prefix.
/// </summary>
internal sealed class LanguageModel(ModelShape shape, ModelWeights weights)
{
    /// <summary>Final hidden states of a batch, [rows, image tokens + tail length, width].</summary>
    /// <param name="prefix">Token ids of the shared prompt, at least one.</param>
    /// <param name="images">One picture a row.</param>
    /// <param name="tails">[rows, length]: token ids after the picture. Padding on the right may be any id.</param>
    public Tensor Run(IReadOnlyList<int> prefix, ImageTokens images, Tensor tails)
    {
        var (rows, length) = (tails.shape[0], (int)tails.shape[1]);
        var own = images.Count + length;
        var table = weights["token_embd.weight"];
        var shared = table.index_select(0, tensor(prefix.Select(i => (long)i).ToArray())).unsqueeze(0);
        var x = cat([images.Main, table.index_select(0, tails.reshape(-1)).reshape(rows, length, shape.Width)], 1);
        var sharedRotation = Rotation.OfTokens([.. Enumerable.Range(0, prefix.Count).Select(i => (i, i, i))], shape);
        var rotation = Rotation.OfTokens(OwnPositions(prefix.Count, images, length), shape);
        var mask = cat([ones(own, prefix.Count, dtype: ScalarType.Bool), ones(own, own, dtype: ScalarType.Bool).tril()], 1);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var name = $"blk.{layer}.";
            var (query, key, value) = Project(Norm(shared, name + "attn_norm"), name, sharedRotation);
            var (ownQuery, ownKey, ownValue) = Project(Norm(x, name + "attn_norm"), name, rotation);
            var keys = cat([key.expand(rows, -1, -1, -1), ownKey], 2);
            var values = cat([value.expand(rows, -1, -1, -1), ownValue], 2);
            x += Output(F.scaled_dot_product_attention(ownQuery, keys, values, attn_mask: mask), name);
            x = FeedForward(x, name);
            if (layer < shape.Layers - 1)
            {
                shared += Output(F.scaled_dot_product_attention(query, key, value, is_casual: true), name);
                shared = FeedForward(shared, name);
            }

            if (layer < images.Deep.Count)
            {
                x = cat([x.narrow(1, 0, images.Count) + images.Deep[layer], x.narrow(1, images.Count, length)], 1);
            }
        }

        return Norm(x, "output_norm");
    }

    /// <summary>Final hidden states of the next tokens of one sequence, [1, tokens, width]. Their keys and values are added to the cache.</summary>
    /// <param name="cache">Keys and values of the earlier tokens.</param>
    /// <param name="x">Embedded text or image tokens, [1, tokens, width].</param>
    /// <param name="positions">One a token.</param>
    /// <param name="deep"><see cref="ImageTokens.Deep"/> for image tokens; empty for text.</param>
    public Tensor Extend(SequenceCache cache, Tensor x, IReadOnlyList<(int Time, int Row, int Column)> positions, IReadOnlyList<Tensor> deep)
    {
        var (before, count) = (cache.Count, positions.Count);
        var rotation = Rotation.OfTokens(positions, shape);
        var mask = cat([ones(count, before, dtype: ScalarType.Bool), ones(count, count, dtype: ScalarType.Bool).tril()], 1);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var name = $"blk.{layer}.";
            var (query, key, value) = Project(Norm(x, name + "attn_norm"), name, rotation);
            var (keys, values) = cache.Append(layer, key, value);
            x = FeedForward(x + Output(F.scaled_dot_product_attention(query, keys, values, attn_mask: mask), name), name);
            x = layer < deep.Count ? x + deep[layer] : x;
        }

        cache.Advance(positions);
        return Norm(x, "output_norm");
    }

    /// <summary>Embeddings of text, [1, tokens, width].</summary>
    public Tensor Embed(IEnumerable<int> tokens) => weights["token_embd.weight"].index_select(0, tensor(tokens.Select(t => (long)t).ToArray())).unsqueeze(0);

    /// <summary>Logits, [n, vocabulary], of hidden states, [n, width]. The output layer shares its weights with the embeddings.</summary>
    public Tensor Logits(Tensor hidden) => F.linear(hidden, weights["token_embd.weight"]);

    /// <summary>
    /// Positions after the prefix. All tokens of a picture share one time, and rows and columns count from it. Text continues after the longer side
    /// (<c>get_rope_index</c> of the reference implementation).
    /// </summary>
    private static List<(int Time, int Row, int Column)> OwnPositions(int start, ImageTokens images, int length)
    {
        var text = start + Math.Max(images.Rows, images.Columns);
        return
        [
            .. Enumerable.Range(0, images.Count).Select(i => (start, start + (i / images.Columns), start + (i % images.Columns))),
            .. Enumerable.Range(text, length).Select(i => (i, i, i)),
        ];
    }

    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x, string name, Rotation rotation)
    {
        var query = rotation.Apply(Norm(Split("attn_q", shape.Heads), name + "attn_q_norm").transpose(1, 2));
        var key = rotation.Apply(Norm(Split("attn_k", shape.KeyHeads), name + "attn_k_norm").transpose(1, 2));
        var value = Split("attn_v", shape.KeyHeads).transpose(1, 2);
        // a group of query heads shares a key head
        var group = shape.Heads / shape.KeyHeads;
        return (query, key.repeat_interleave(group, 1), value.repeat_interleave(group, 1));

        Tensor Split(string part, int heads) => F.linear(x, weights[$"{name}{part}.weight"]).reshape(x.shape[0], x.shape[1], heads, shape.HeadSize);
    }

    private Tensor Output(Tensor attended, string name) =>
        F.linear(attended.transpose(1, 2).reshape(attended.shape[0], attended.shape[2], shape.Heads * shape.HeadSize), weights[name + "attn_output.weight"]);

    private Tensor FeedForward(Tensor x, string name)
    {
        var h = Norm(x, name + "ffn_norm");
        return x + F.linear(F.silu(F.linear(h, weights[name + "ffn_gate.weight"])) * F.linear(h, weights[name + "ffn_up.weight"]), weights[name + "ffn_down.weight"]);
    }

    private Tensor Norm(Tensor x, string name) => x * rsqrt((x * x).mean([-1], keepdim: true) + ModelShape.Epsilon) * weights[name + ".weight"];
}
