using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>A product that may have to be described.</summary>
internal sealed record ProductRequest
{
    /// <summary>A view's name; it need not be there any more. Its folder is the product's.</summary>
    public required string View { get; init; }

    /// <summary>The product.</summary>
    public required string Sku { get; init; }

    /// <summary>What to write where the folder says nothing.</summary>
    public required Profile Basis { get; init; }

    /// <summary>Names of more views, as far as known: their names may not tell that they belong to the product.</summary>
    public IReadOnlyList<string> Known { get; init; } = [];

    /// <summary>True describes it anew although its record is up to date.</summary>
    public bool Force { get; init; }

    /// <summary>True takes it up again where it was given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>What of its record is written anew; null for all of it.</summary>
    public CopyPart? Only { get; init; }

    /// <summary>True asks for other words than those that are there.</summary>
    public bool Vary { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    public bool OverEdits { get; init; }
}
