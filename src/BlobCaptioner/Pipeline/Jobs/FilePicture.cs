using System.Security.Cryptography;
using BlobCaptioner.Images;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>A picture file on this machine, read and prepared; or why it can't be.</summary>
public sealed record FilePicture
{
    /// <summary>The file, as it was named.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of its bytes, lower-case hex; empty where it can't be read.</summary>
    public string ContentHash { get; private init; } = "";

    /// <summary>What the model sees, with the source's format and size; null where there is an <see cref="Error"/>.</summary>
    public PreparationOutcome.Prepared? Prepared { get; private init; }

    /// <summary>Why there is no prepared image: <c>file-unreadable</c>, or a preparation's own reason; null where there is one.</summary>
    public RecordError? Error { get; private init; }

    /// <summary>Prepares a picture that is in memory.</summary>
    /// <param name="name">Its name, for messages and records.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="preparer">Prepares it.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FilePicture> ReadAsync(
        string name, ReadOnlyMemory<byte> content, ImagePreparer preparer, int imageTokenBudget, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(preparer);
        return Of(name, Convert.ToHexStringLower(SHA256.HashData(content.Span)), await preparer.PrepareAsync(content, name, imageTokenBudget, cancellationToken));
    }

    /// <summary>Reads and prepares a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="preparer">Prepares it.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FilePicture> ReadAsync(string path, ImagePreparer preparer, int imageTokenBudget, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(preparer);
        try
        {
            await using var file = File.OpenRead(path);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            file.Position = 0;
            var outcome = await preparer.PrepareAsync(file, path, file.Length, imageTokenBudget, cancellationToken);
            return Of(path, hash, outcome);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new() { Path = path, Error = new("file-unreadable", $"'{path}' can't be read: {ex.Message}", "Check the path and its permissions.") };
        }
    }

    private static FilePicture Of(string name, string hash, PreparationOutcome outcome) => new()
    {
        Path = name,
        ContentHash = hash,
        Prepared = outcome as PreparationOutcome.Prepared,
        Error = outcome is PreparationOutcome.Rejected no ? new(no.Code, no.Message, no.Remedy) : null,
    };
}
