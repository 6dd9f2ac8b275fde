using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Labels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>
/// Linear classifiers of the label on the mean of a picture's image tokens. They are an auxiliary loss: the tower learns to see before the language model can write. They are not exported.
/// </summary>
internal sealed class LabelHeads
{
    private static readonly (int Size, Func<PictureLabel, long> Of)[] s_heads =
    [
        (Enum.GetValues<Kind>().Length, l => l.Product is { } p ? (long)p.Kind : Ignored),
        (Enum.GetValues<ProductColor>().Length, l => l.Product is { } p ? (long)p.Color : Ignored),
        (Enum.GetValues<Pattern>().Length, l => l.Product is { } p ? (long)p.Pattern : Ignored),
        (Enum.GetValues<Material>().Length, l => l.Product is { } p ? (long)p.Material : Ignored),
        (Enum.GetValues<NonProduct>().Length + 1, l => l.NonProduct is { } n ? (long)n : Enum.GetValues<NonProduct>().Length),
        (2, l => l.Product is null ? Ignored : l.IsBusy ? 1 : 0),
    ];

    private const long Ignored = -100;

    private readonly Parameter[] _weights;
    private readonly Parameter[] _biases;

    /// <summary>Draws new classifiers from torch's generator.</summary>
    /// <param name="width">Width of image tokens.</param>
    public LabelHeads(int width)
    {
        _weights = [.. s_heads.Select(h => new Parameter(randn(h.Size, width) * 0.05))];
        _biases = [.. s_heads.Select(h => new Parameter(zeros(h.Size)))];
    }

    /// <summary>What the heads classify, in the order of <see cref="Correct"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["kind", "color", "pattern", "material", "non-product", "busy"];

    /// <summary>All weights and biases.</summary>
    public IEnumerable<Parameter> All => [.. _weights, .. _biases];

    /// <summary>Writes all weights and biases.</summary>
    public void Save(string path) => ModelWeights.Write(path, All);

    /// <summary>Reads a file of <see cref="Save"/>. A missing file is no error, since the heads learn fast.</summary>
    public void Load(string path)
    {
        if (File.Exists(path))
        {
            using var file = File.OpenRead(path);
            ModelWeights.Read(file, All);
        }
    }

    /// <summary>Mean cross entropy over all heads.</summary>
    /// <param name="features">[pictures, width].</param>
    /// <param name="labels">One label a picture.</param>
    public Tensor Loss(Tensor features, IReadOnlyList<PictureLabel> labels) =>
        s_heads.Select((head, i) => F.cross_entropy(Classify(features, i), Targets(labels, i), ignore_index: Ignored)).Aggregate((a, b) => a + b) / s_heads.Length;

    /// <summary>Correct answers and all answers of each head.</summary>
    public IEnumerable<(long Correct, long All)> Correct(Tensor features, IReadOnlyList<PictureLabel> labels)
    {
        for (var i = 0; i < s_heads.Length; i++)
        {
            using var scope = NewDisposeScope();
            var targets = Targets(labels, i);
            yield return ((Classify(features, i).argmax(-1) == targets).sum().item<long>(), (targets != Ignored).sum().item<long>());
        }
    }

    private Tensor Classify(Tensor features, int head) => F.linear(features, _weights[head], _biases[head]);

    private static Tensor Targets(IReadOnlyList<PictureLabel> labels, int head) => tensor(labels.Select(s_heads[head].Of).ToArray());
}
