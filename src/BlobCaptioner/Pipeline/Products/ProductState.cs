using System.Text;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>A product as a listing shows it: its views and its record.</summary>
internal sealed class ProductState
{
    private readonly Lazy<ResolvedProfile> _resolved;
    private readonly Lazy<string> _hash;

    /// <summary>Creates it.</summary>
    /// <param name="recordName">Where its record lies.</param>
    /// <param name="sku">The product.</param>
    /// <param name="views">Its views, at least one, in any order.</param>
    /// <param name="receipt">What its record tells; null where there is none, or it tells nothing.</param>
    public ProductState(string recordName, string sku, IEnumerable<ProductView> views, RecordReceipt? receipt)
    {
        (RecordName, Sku, Receipt) = (recordName, sku, receipt);
        Views = [.. views.OrderBy(v => v.Image.Name, NaturalOrder.Instance)];
        Usable = [.. Views.Where(v => v.IsUsable)];
        _resolved = new(() => ResolveProduct() with { Views = [.. Usable.Select(v => v.Image.Name)] });
        _hash = new(Hash);
    }

    public string RecordName { get; }

    public string Sku { get; }

    public RecordReceipt? Receipt { get; }

    /// <summary>All views in natural order.</summary>
    public IReadOnlyList<ProductView> Views { get; }

    /// <summary>Those that can be shown to the model, in natural order, the main one first.</summary>
    public IReadOnlyList<ProductView> Usable { get; }

    /// <summary>True where every view's end is on record and one can be shown: there is to be a product record.</summary>
    public bool IsReady => Usable.Count > 0 && Views.All(v => v.IsSettled);

    /// <summary><see cref="RecordProduct.ViewsHash"/> of a record made now.</summary>
    public string ViewsHash => _hash.Value;

    /// <summary>What is to be written about the product.</summary>
    public ResolvedProfile Resolved => _resolved.Value;

    /// <summary>How its pictures are prepared: as the main view was, so that who enqueues it need not be set up like who prepared them.</summary>
    public string Preparation => Usable[0].Image.Receipt!.Preparation;

    /// <summary>True where its record would come out the same again.</summary>
    /// <param name="receipt">What the record tells.</param>
    /// <param name="modelHash">The model that would be asked; null where nobody here knows.</param>
    public bool IsUpToDate(RecordReceipt? receipt, string? modelHash) =>
        receipt is not null && receipt.SourceETag == ViewsHash && new Freshness(Resolved.Version, Preparation, RejectedBy: Preparation, modelHash).IsFresh(receipt);

    // The same folder, so the same profile. The main view's facts count first; others fill in what it leaves open.
    private ResolvedProfile ResolveProduct()
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

    // Which views can be shown belongs to it: one that failed may be described later, with the same bytes.
    private string Hash()
    {
        var text = new StringBuilder();
        foreach (var view in Views)
        {
            text.Append(view.Image.Name).Append('\n').Append(view.Image.ETag).Append('\n').Append(view.IsUsable ? '+' : '-').Append('\n');
        }

        return TextHash.Of(text.ToString(), digits: 32);
    }
}
