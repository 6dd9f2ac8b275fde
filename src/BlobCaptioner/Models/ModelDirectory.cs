using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Models;

/// <summary>
/// A directory of model files. A file with its final name is whole: files are received in the sub-directory <c>.pull</c>, and renamed once their length and
/// SHA-256 are right. Several processes may pull into it at once.
/// </summary>
public sealed class ModelDirectory
{
    /// <summary>Environment variable that names another default directory.</summary>
    public const string Variable = "CAPTIONER_MODELS";

    private readonly TimeProvider _time;
    private readonly ILogger<ModelDirectory> _logger;

    /// <summary>Creates an instance; nothing is created or read on the disk.</summary>
    /// <param name="path">The directory; null for <see cref="DefaultPath"/>.</param>
    /// <param name="time">Clock of waits and time-outs.</param>
    /// <param name="logger">Logs retries.</param>
    public ModelDirectory(string? path, TimeProvider time, ILogger<ModelDirectory> logger) =>
        (FullPath, _time, _logger) = (Path.GetFullPath(string.IsNullOrEmpty(path) ? DefaultPath : path), time, logger);

    /// <summary>The directory that <see cref="Variable"/> names, else <c>blobcaptioner/models</c> in the user's application data (Linux: <c>~/.local/share</c>).</summary>
    public static string DefaultPath =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "blobcaptioner",
            "models");

    /// <summary>The models that can be pulled.</summary>
    public ModelCatalog Catalog { get; init; } = ModelCatalog.Default;

    /// <summary>Bytes free on the disk of a directory. A Windows share (<c>\\server\models</c>) is not a drive and has no limit here.</summary>
    internal Func<string, long> FreeBytes { get; init; } = static path =>
        path.StartsWith(@"\\", StringComparison.Ordinal) ? long.MaxValue : new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Its full path.</summary>
    public string FullPath { get; }

    /// <summary>Finds the files of a model; null unless both are here with the right lengths. Hashes are not checked.</summary>
    /// <param name="name">Name in the catalogue.</param>
    /// <param name="vision">Quantisation of the vision part; null for the first in the catalogue that is here.</param>
    /// <exception cref="ModelException">The catalogue has no such model or vision part.</exception>
    public ModelPaths? Find(string name, string? vision = null)
    {
        var model = Catalog.Get(name);
        var candidates = vision is null ? model.Vision : [model.VisionIn(vision)];
        return IsPresent(model.Text) && candidates.FirstOrDefault(IsPresent) is { } chosen ? new(PathOf(model.Text), PathOf(chosen)) : null;
    }

    /// <summary>
    /// Pulls those of a model's two files that are missing. Resumes what an earlier pull left, even one that was killed.
    /// Of two pulls of one file, in any processes on one machine or on a share with locks, the second waits for the first and then finds the file.
    /// </summary>
    /// <param name="name">Name in the catalogue.</param>
    /// <param name="vision">Quantisation of the vision part, such as <c>F16</c>; null for the default.</param>
    /// <param name="options">Where from and how.</param>
    /// <param name="progress">Called about four times a second while bytes come, and for each notice; on any thread, one call at a time.</param>
    /// <param name="cancellationToken">Stops; what was received is kept for the next pull.</param>
    /// <exception cref="ModelException">The pull failed; the message says why and the way out.</exception>
    public async Task<ModelPaths> EnsureAsync(
        string name, string? vision, ModelPullOptions options, IProgress<ModelProgress>? progress, CancellationToken cancellationToken)
    {
        var model = Catalog.Get(name);
        CatalogFile[] files = [model.Text, model.VisionIn(vision)];
        await new ModelPull(this, model, options, progress, _time, _logger).RunAsync(files, cancellationToken);
        return new(PathOf(files[0]), PathOf(files[1]));
    }

    /// <summary>Looks at a file's length, not at its hash.</summary>
    public FileReport Look(CatalogFile file)
    {
        var path = PathOf(file);
        if (File.Exists(path))
        {
            var length = new FileInfo(path).Length;
            return length == file.Bytes
                ? new(file, FileState.Present, length)
                : new(file, FileState.Wrong, length, Problem: $"'{path}' has {length:N0} bytes; it must have {file.Bytes:N0}. Pull it again to replace it.");
        }

        var received = PartialFile.ReceivedBytesIn(FullPath, file);
        return new(file, received > 0 ? FileState.Partial : FileState.Missing, received);
    }

    /// <summary>Reads a file and compares its length and SHA-256 with the catalogue's.</summary>
    public async Task<FileReport> VerifyAsync(CatalogFile file, IProgress<ModelProgress>? progress, CancellationToken cancellationToken)
    {
        var found = Look(file);
        if (found.State != FileState.Present)
        {
            return found;
        }

        var meter = new ProgressMeter(file, progress, _time);
        meter.Start(file.Bytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var stream = new FileStream(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous))
        {
            await meter.HashAsync(stream, hash, cancellationToken);
        }

        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        return string.Equals(actual, file.Sha256, StringComparison.Ordinal)
            ? found with { State = FileState.Verified, ActualSha256 = actual }
            : found with
            {
                State = FileState.Wrong,
                ActualSha256 = actual,
                Problem = $"'{PathOf(file)}' has SHA-256 {actual}; it must have {file.Sha256}. Remove it and pull it again.",
            };
    }

    /// <summary>Full path of a file of the catalogue.</summary>
    public string PathOf(CatalogFile file) => Path.Combine(FullPath, file.Name);

    private bool IsPresent(CatalogFile file) => Look(file).State == FileState.Present;
}

/// <summary>The two files of a model.</summary>
/// <param name="Text">Full path of the language model.</param>
/// <param name="Vision">Full path of its vision part.</param>
public sealed record ModelPaths(string Text, string Vision);

/// <summary>A file of the catalogue and its state in the directory.</summary>
/// <param name="File">The file.</param>
/// <param name="State">Its state.</param>
/// <param name="PresentBytes">Bytes that are here; of a partial file, those that were received.</param>
/// <param name="ActualSha256">SHA-256 of the file that is here, 64 lower-case hex digits; null if it was not computed.</param>
/// <param name="Problem">The problem and the way out; null if there is none.</param>
public sealed record FileReport(CatalogFile File, FileState State, long PresentBytes, string? ActualSha256 = null, string? Problem = null);

/// <summary>State of a file in the directory.</summary>
public enum FileState
{
    /// <summary>It is not here.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>A part of it is here; the next pull resumes it.</summary>
    [JsonStringEnumMemberName("partial")]
    Partial,

    /// <summary>It is here with the right length. Pulled files get their names only when their SHA-256 was right.</summary>
    [JsonStringEnumMemberName("present")]
    Present,

    /// <summary>It is here with another length, or with another SHA-256 where that was computed.</summary>
    [JsonStringEnumMemberName("wrong")]
    Wrong,

    /// <summary>It is here, and its length and SHA-256 were just found right.</summary>
    [JsonStringEnumMemberName("verified")]
    Verified,
}

/// <summary>A model could not be found, pulled or checked.</summary>
/// <param name="message">The problem and the way out.</param>
/// <param name="innerException">The cause; null if there is none.</param>
public sealed class ModelException(string message, Exception? innerException = null) : Exception(message, innerException);
