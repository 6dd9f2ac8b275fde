using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Tokens;
using BlobCaptioner.SampleModel.Training;
using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Evaluation;

/// <summary>
/// Runs the trained model in libtorch below the product's own engine. Its answers differ from llama.cpp's by arithmetic alone. It is slow and serves comparisons.
/// </summary>
internal sealed class TorchDecoder : ISequenceDecoder
{
    private readonly CaptionModel _model;
    private readonly SequenceCache[] _sequences;
    private readonly Dictionary<int, float[]> _logits = [];

    /// <summary>Creates a decoder with empty sequences.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="sequences">Number of sequences.</param>
    public TorchDecoder(CaptionModel model, int sequences)
    {
        _model = model;
        _sequences = [.. Enumerable.Range(0, sequences).Select(_ => new SequenceCache(model.Shape.Layers))];
        Info = new DecoderInfo
        {
            ModelName = "BlobCaptioner sample model",
            ModelHash = new string('0', 64),
            Engine = "TorchSharp",
            VocabularySize = model.Tokenizer.Tokens.Count,
            MaxSequences = sequences,
            ContextTokens = 1 << 20,
            BatchTokens = 2048,
            ImageStartTokens = [model.Tokenizer.IdOf("<|vision_start|>")],
            ImageEndTokens = [model.Tokenizer.IdOf("<|vision_end|>")],
        };
    }

    /// <inheritdoc/>
    public DecoderInfo Info { get; }

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool parseSpecial)
    {
        lock (_model)
        {
            return [.. parseSpecial ? _model.Tokenizer.EncodeChat(text) : _model.Tokenizer.Encode(text)];
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetTokenBytes(int token) => _model.Tokenizer.BytesOf(token);

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => token == _model.Tokenizer.EndOfTurn || token == _model.Tokenizer.IdOf(BpeTokenizer.Special[0]);

    /// <inheritdoc/>
    public ChatFrame FormatChat(string system, string user) => CaptionTask.Chat(system, user);

    /// <inheritdoc/>
    public EncodedImage EncodeImage(PixelImage image)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var tokens = _model.Vision.Encode(CaptionModel.Pixels([image]));
        var planes = new int[4 * tokens.Count];
        for (var i = 0; i < tokens.Count; i++)
        {
            planes[tokens.Count + i] = i / tokens.Columns;
            planes[(2 * tokens.Count) + i] = i % tokens.Columns;
        }

        return new EncodedImage
        {
            Embeddings = ModelWeights.Numbers(cat([tokens.Main, .. tokens.Deep], 2)),
            TokenCount = tokens.Count,
            PositionCount = Math.Max(tokens.Rows, tokens.Columns),
            RelativePositions = planes,
        };
    }

    /// <inheritdoc/>
    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _logits.Clear();
        foreach (var group in tokens.ToArray().Index().GroupBy(t => t.Item.Sequence))
        {
            var entries = group.ToList();
            var hidden = _model.Text.Extend(
                _sequences[group.Key], _model.Text.Embed(entries.Select(e => e.Item.Token)), entries.ConvertAll(e => (e.Item.Position, e.Item.Position, e.Item.Position)), []);
            for (var i = 0; i < entries.Count; i++)
            {
                if (entries[i].Item.WantLogits)
                {
                    _logits[entries[i].Index] = ModelWeights.Numbers(_model.Text.Logits(hidden[0][i].unsqueeze(0)));
                }
            }
        }

        return DecodeStatus.Ok;
    }

    /// <inheritdoc/>
    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var slice in slices)
        {
            var parts = 1 + _model.Shape.DeepStack.Count;
            var stride = parts * _model.Shape.Width;
            var numbers = slice.Image.Embeddings.Span.Slice(slice.Offset * stride, slice.Count * stride).ToArray();
            var split = tensor(numbers).reshape(1, slice.Count, parts, _model.Shape.Width);
            var planes = slice.Image.RelativePositions.Span;
            var positions = new List<(int Time, int Row, int Column)>();
            for (var i = slice.Offset; i < slice.Offset + slice.Count; i++)
            {
                positions.Add((
                    slice.StartPosition + planes[i],
                    slice.StartPosition + planes[slice.Image.TokenCount + i],
                    slice.StartPosition + planes[(2 * slice.Image.TokenCount) + i]));
            }

            _model.Text.Extend(_sequences[slice.Sequence], split.select(2, 0), positions, [.. Enumerable.Range(1, parts - 1).Select(p => split.select(2, p))]);
        }

        return DecodeStatus.Ok;
    }

    /// <summary>The smallest margin since it was last set: the first token's probability less the second's, 0 to 1.</summary>
    public float SmallestMargin { get; set; } = 1;

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetLogits(int index)
    {
        var logits = _logits[index];
        var top = logits.OrderDescending().Take(2).ToArray();
        var total = logits.Sum(l => MathF.Exp(l - top[0]));
        SmallestMargin = Math.Min(SmallestMargin, (1 - MathF.Exp(top[1] - top[0])) / total);
        return logits;
    }

    /// <inheritdoc/>
    public void Fork(int from, int to) => _sequences[to] = _sequences[from].Copy();

    /// <inheritdoc/>
    public void Remove(int sequence, int fromPosition = 0)
    {
        using var frozen = no_grad();
        _sequences[sequence].CutTo(fromPosition);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
