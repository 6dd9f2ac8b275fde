using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Index;

/// <summary>Which pictures, and in which order. What is null does not restrict.</summary>
internal sealed record PictureQuery
{
    public PictureState? State { get; init; }

    /// <summary>Names start with this.</summary>
    public string? Folder { get; init; }

    /// <summary>A flag without its field, or a whole one.</summary>
    public string? Flag { get; init; }

    public string? Language { get; init; }

    /// <summary>Words that name, copy or attributes have.</summary>
    public string? Text { get; init; }

    /// <summary>True for the latest upload first, false for names in order.</summary>
    public bool NewestFirst { get; init; }
}
