using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>A product in a listing: its views and its record.</summary>
/// <param name="recordName">Its record's name.</param>
/// <param name="sku">The product's SKU.</param>
/// <param name="views">Its views, at least one, in any order.</param>
/// <param name="receipt">Its record's receipt; null without one.</param>
internal sealed class ProductState(string recordName, string sku, IEnumerable<ProductView> views, RecordReceipt? receipt)
{
    public string RecordName => recordName;

    public string Sku => sku;

    public RecordReceipt? Receipt => receipt;

    /// <summary>All views in natural order.</summary>
    public IReadOnlyList<ProductView> Views { get; } = [.. views.OrderBy(v => v.Image.Name, NaturalOrder.Instance)];

    /// <summary>The views that the model can be shown, in natural order, the main view first.</summary>
    public IReadOnlyList<ProductView> Usable => field ??= [.. Views.Where(v => v.IsUsable)];

    /// <summary>True if every view has an up-to-date record and at least one can be shown: the product can be described.</summary>
    public bool IsReady => Usable.Count > 0 && Views.All(v => v.IsSettled);

    /// <summary><see cref="RecordProduct.ViewsHash"/> of a record made now.</summary>
    public string ViewsHash => field ??= Hash();

    /// <summary>What to write about the product.</summary>
    public ResolvedProfile Resolved => field ??= Resolve() with { Views = [.. Usable.Select(v => v.Image.Name)] };

    /// <summary>The preparation of its images, which is the main view's: the process that enqueues it may have other options.</summary>
    public string Preparation => Usable[0].Image.Receipt!.Preparation;

    /// <summary>What its record would say if it were made now.</summary>
    /// <param name="modelHash">Hash of the model that would be asked; null where this process knows no model.</param>
    public Freshness FreshnessFor(string? modelHash) => new(ViewsHash, Resolved.Version, Preparation, RejectedBy: Preparation, modelHash);

    // The views share a folder and so a profile. The main view's facts come first; the others' facts fill the gaps.
    private ResolvedProfile Resolve()
    {
        var resolved = Views[0].Resolved.Product!;
        if (Views.Count == 1)
        {
            return resolved;
        }

        var values = new Dictionary<string, string>(resolved.Facts.Values, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Views.Skip(1).SelectMany(v => v.Resolved.Facts.Values))
        {
            values.TryAdd(name, value);
        }

        return values.Count == resolved.Facts.Values.Count ? resolved : resolved.WithFacts(resolved.Facts with { Values = values });
    }

    // It includes which views can be shown: a failed view may be described later, with the same bytes.
    private string Hash() =>
        TextHash.Of(string.Concat(Views.Select(v => $"{v.Image.Name}\n{v.Image.ETag}\n{(v.IsUsable ? '+' : '-')}\n")), digits: 32);
}

/// <summary>A view of a product.</summary>
/// <param name="Image">The image and its record in a listing.</param>
/// <param name="Resolved">What to write about it.</param>
internal sealed record ProductView(ListedImage Image, ResolvedProfile Resolved)
{
    /// <summary>True if a blob that is not a record has its record's name: it will never have a record.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>
    /// True if it has a record for its present bytes, or is blocked. A rejected or failed record counts only under the present settings: other settings give it another try.
    /// A described view can be shown, whatever its text is.
    /// </summary>
    public bool IsSettled => IsBlocked
        || (Image.Receipt is { } receipt && receipt.SourceETag == Image.ETag && (receipt.Status == RecordStatus.Described || receipt.ProfileVersion == Resolved.Version));

    /// <summary>True if it can be shown to the model: it was described.</summary>
    public bool IsUsable => !IsBlocked && IsSettled && Image.Receipt!.Status == RecordStatus.Described;
}
