using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Models;

/// <summary>
/// A directory of model files. What has its final name in it is whole: files are received in its sub-directory <c>.pull</c>, and renamed when length and
/// SHA-256 are right. Many processes may pull into it at once.
/// </summary>
public sealed class ModelDirectory
{
    /// <summary>Environment variable that names another default directory.</summary>
    public const string Variable = "CAPTIONER_MODELS";

    private readonly TimeProvider _time;
    private readonly ILogger<ModelDirectory> _logger;

    /// <summary>Opens a directory; nothing is made or read yet.</summary>
    /// <param name="path">The directory; null for <see cref="DefaultPath"/>.</param>
    /// <param name="time">Clock of waits and time-outs.</param>
    /// <param name="logger">Told of retries.</param>
    public ModelDirectory(string? path, TimeProvider time, ILogger<ModelDirectory> logger)
    {
        FullPath = Path.GetFullPath(string.IsNullOrEmpty(path) ? DefaultPath : path);
        _time = time;
        _logger = logger;
    }

    /// <summary>What <see cref="Variable"/> says, else <c>blobcaptioner/models</c> in the user's application data (Linux: <c>~/.local/share</c>).</summary>
    public static string DefaultPath =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "blobcaptioner",
            "models");

    /// <summary>The models that it knows.</summary>
    public ModelCatalog Catalog { get; init; } = ModelCatalog.Default;

    /// <summary>Bytes free on the disk of a directory. A share of Windows (<c>\\server\models</c>) is no drive, and does not say.</summary>
    internal Func<string, long> FreeBytes { get; init; } = static path =>
        path.StartsWith(@"\\", StringComparison.Ordinal) ? long.MaxValue : new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Its full path.</summary>
    public string FullPath { get; }

    /// <summary>The files of a model; null unless both lie there with their right lengths. Hashes are not looked at.</summary>
    /// <param name="name">Name in the catalogue.</param>
    /// <param name="vision">Quantisation of the vision part; null for the first in the catalogue that is there.</param>
    /// <exception cref="ModelException">The catalogue has no such model or vision part.</exception>
    public ModelPaths? Find(string name, string? vision = null)
    {
        var model = Catalog.Get(name);
        var candidates = vision is null ? model.Vision : [model.VisionIn(vision)];
        return IsPresent(model.Text) && candidates.FirstOrDefault(IsPresent) is { } chosen ? new(PathOf(model.Text), PathOf(chosen)) : null;
    }

    /// <summary>
    /// Makes sure that a model's two files lie here, pulling what is missing. Goes on with what an earlier pull left, also one that was killed.
    /// Two pulls of one file at once, in any processes on one machine or on a share with locks: one works, the other waits and then finds it done.
    /// </summary>
    /// <param name="name">Name in the catalogue.</param>
    /// <param name="vision">Quantisation of the vision part, such as <c>F16</c>; null for the default.</param>
    /// <param name="options">Where from and how.</param>
    /// <param name="progress">Told at least every quarter of a second while bytes come, from any thread.</param>
    /// <param name="cancellationToken">Stops; what was received is kept for the next time.</param>
    /// <exception cref="ModelException">It could not be done; the message says why and the way out.</exception>
    public async Task<ModelPaths> EnsureAsync(
        string name, string? vision, ModelPullOptions options, IProgress<ModelProgress>? progress, CancellationToken cancellationToken)
    {
        var model = Catalog.Get(name);
        CatalogFile[] files = [model.Text, model.VisionIn(vision)];
        var source = Catalog.GetSource(options.Source, options.Mirror);
        using var pull = new ModelPull(this, model, source, options, progress, _time, _logger);
        await pull.RunAsync(files, cancellationToken);
        return new(PathOf(files[0]), PathOf(files[1]));
    }

    /// <summary>What lies under a file's name, by its length.</summary>
    public FileReport Look(CatalogFile file)
    {
        var path = PathOf(file);
        if (File.Exists(path))
        {
            var length = new FileInfo(path).Length;
            return length == file.Bytes
                ? new() { File = file, State = FileState.Present, PresentBytes = length }
                : new()
                {
                    File = file,
                    State = FileState.Wrong,
                    PresentBytes = length,
                    Problem = $"'{path}' has {length:N0} bytes; it must have {file.Bytes:N0}. Pull it again to replace it.",
                };
        }

        var received = PartialFile.ReceivedBytesIn(FullPath, file);
        return new() { File = file, State = received > 0 ? FileState.Partial : FileState.Missing, PresentBytes = received };
    }

    /// <summary>Reads a file through and compares length and SHA-256.</summary>
    /// <param name="file">Which.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<FileReport> VerifyAsync(CatalogFile file, IProgress<ModelProgress>? progress, CancellationToken cancellationToken)
    {
        var found = Look(file);
        if (found.State != FileState.Present)
        {
            return found;
        }

        var meter = new ProgressMeter(file, progress, _time);
        meter.Start(file.Bytes);
        var actual = await FileHash.ComputeAsync(PathOf(file), meter, cancellationToken);
        return string.Equals(actual, file.Sha256, StringComparison.Ordinal)
            ? found with { State = FileState.Verified, ActualSha256 = actual }
            : found with
            {
                State = FileState.Wrong,
                ActualSha256 = actual,
                Problem = $"'{PathOf(file)}' has SHA-256 {actual}; it must have {file.Sha256}. Remove it and pull it again.",
            };
    }

    /// <summary>Full path of a file in it.</summary>
    public string PathOf(CatalogFile file) => Path.Combine(FullPath, file.Name);

    private bool IsPresent(CatalogFile file) => Look(file).State == FileState.Present;
}
