namespace BlobCaptioner.Models;

/// <summary>A site that models are pulled from.</summary>
public sealed record ModelSource
{
    /// <summary>What commands and settings call it: <c>huggingface</c>, <c>modelscope</c>; for messages the host of a mirror.</summary>
    public required string Name { get; init; }

    /// <summary>URL of a file, with <c>{repository}</c>, <c>{revision}</c> and <c>{file}</c> in the places of these.</summary>
    public required string Url { get; init; }

    /// <summary>Environment variable that holds an access token for it, which goes to its host only; null where none is used.</summary>
    public string? TokenVariable { get; init; }

    /// <summary>The address of a file.</summary>
    /// <param name="model">Whose file.</param>
    /// <param name="file">Which.</param>
    public Uri AddressOf(CatalogModel model, CatalogFile file) => new(Url
        .Replace("{repository}", model.Repository, StringComparison.Ordinal)
        .Replace("{revision}", model.Revisions.GetValueOrDefault(Name) ?? model.Revisions.Values.First(), StringComparison.Ordinal)
        .Replace("{file}", Uri.EscapeDataString(file.Name), StringComparison.Ordinal));
}
