using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Scope;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>
/// Linear readings of what the picture shows from the mean of its image tokens. They only help training: the tower learns to see long before there are words for it. Not exported.
/// </summary>
internal sealed class LabelHeads
{
    private static readonly (int Size, Func<PictureLabel, long> Of)[] s_heads =
    [
        (Enum.GetValues<Kind>().Length, l => l.Product is { } p ? (long)p.Kind : Ignored),
        (Enum.GetValues<ProductColor>().Length, l => l.Product is { } p ? (long)p.Color : Ignored),
        (Enum.GetValues<Pattern>().Length, l => l.Product is { } p ? (long)p.Pattern : Ignored),
        (Enum.GetValues<Material>().Length, l => l.Product is { } p ? (long)p.Material : Ignored),
        (Enum.GetValues<Nothing>().Length + 1, l => l.Nothing is { } n ? (long)n : Enum.GetValues<Nothing>().Length),
        (2, l => l.Product is null ? Ignored : l.IsBusy ? 1 : 0),
    ];

    private const long Ignored = -100;

    private readonly Parameter[] _weights;
    private readonly Parameter[] _biases;

    /// <param name="width">Width of image tokens.</param>
    public LabelHeads(int width)
    {
        _weights = [.. s_heads.Select(h => new Parameter(randn(h.Size, width) * 0.05))];
        _biases = [.. s_heads.Select(h => new Parameter(zeros(h.Size)))];
    }

    /// <summary>What is read, in the order of <see cref="Correct"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["kind", "color", "pattern", "material", "nothing", "busy"];

    /// <summary>To be trained.</summary>
    public IEnumerable<Parameter> All => [.. _weights, .. _biases];

    /// <summary>Writes them.</summary>
    public void Save(string path) => ModelWeights.Write(path, All);

    /// <summary>Reads what <see cref="Save"/> wrote, where it is there; they are soon learned again.</summary>
    public void Load(string path)
    {
        if (File.Exists(path))
        {
            using var file = File.OpenRead(path);
            ModelWeights.Read(file, All);
        }
    }

    /// <summary>Mean cross entropy over all readings.</summary>
    /// <param name="features">[pictures, width].</param>
    /// <param name="labels">One a picture.</param>
    public Tensor Loss(Tensor features, IReadOnlyList<PictureLabel> labels) =>
        s_heads.Select((head, i) => F.cross_entropy(Read(features, i), Targets(labels, i), ignore_index: Ignored)).Aggregate((a, b) => a + b) / s_heads.Length;

    /// <summary>How many are right, and of how many, for each reading.</summary>
    public IEnumerable<(long Right, long All)> Correct(Tensor features, IReadOnlyList<PictureLabel> labels)
    {
        for (var i = 0; i < s_heads.Length; i++)
        {
            using var scope = NewDisposeScope();
            var targets = Targets(labels, i);
            yield return ((Read(features, i).argmax(-1) == targets).sum().item<long>(), (targets != Ignored).sum().item<long>());
        }
    }

    private Tensor Read(Tensor features, int head) => F.linear(features, _weights[head], _biases[head]);

    private static Tensor Targets(IReadOnlyList<PictureLabel> labels, int head) => tensor(labels.Select(s_heads[head].Of).ToArray());
}
