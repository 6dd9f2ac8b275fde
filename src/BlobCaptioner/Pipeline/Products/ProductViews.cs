using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>Finds the views of one product as they lie in storage now.</summary>
internal sealed class ProductViews(CaptionStorage storage, CaptionStore store, ProfileResolver resolve)
{
    /// <summary>
    /// Lists them: names that start with the SKU, those that the catalogue gives it and those that the caller knows; the whole folder where that is named after the SKU.
    /// </summary>
    /// <remarks>
    /// One listing, except for a catalogue that names files. A view is missed only where the catalogue knows its SKU in other letter case and nobody knows the name: the sweep,
    /// which sees every name, knows it, and so does the product's record from then on.
    /// </remarks>
    /// <returns>Null where the product has no view.</returns>
    public async Task<ProductState?> FindAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var folder = request.View[..(request.View.LastIndexOf('/') + 1)];
        var recordName = ProductRecords.NameFor(request.View, request.Sku);
        var (views, listed) = (new Dictionary<string, ProductView>(StringComparer.Ordinal), new List<string>());
        RecordReceipt? receipt = null;
        var waiting = new Queue<string>([IsNamedAfter(folder, request.Sku) ? folder : folder + request.Sku]);
        foreach (var known in (IEnumerable<string>)[request.View, .. request.Known])
        {
            waiting.Enqueue(known.StartsWith(folder, StringComparison.Ordinal) ? folder + Beginning(known) : folder + request.Sku);
        }

        foreach (var sibling in (await resolve(request.View, request.Basis, profileOverride: null, cancellationToken)).Siblings)
        {
            waiting.Enqueue(folder + SkuNames.Stem(sibling));
        }

        while (waiting.TryDequeue(out var prefix))
        {
            if (listed.Exists(l => prefix.StartsWith(l, StringComparison.Ordinal)))
            {
                continue;
            }

            listed.Add(prefix);
            var images = ImageListing.ReadFolderAsync(
                storage.Images, prefix, (name, told) => receipt = name == recordName ? told : receipt, cancellationToken);
            await foreach (var image in images)
            {
                var resolved = await resolve(image.Name, request.Basis, profileOverride: null, cancellationToken);
                if (resolved is { Product: not null } && resolved.Sku == request.Sku)
                {
                    views[image.Name] = new(image, resolved) { IsBlocked = await IsBlockedAsync(image, cancellationToken) };
                }
            }
        }

        return views.Count > 0 ? new(recordName, request.Sku, views.Values, receipt) : null;
    }

    /// <summary>True where the folder bears the SKU's name: then all its pictures may be views.</summary>
    public static bool IsNamedAfter(string folder, string sku) =>
        folder.Length > 0 && string.Equals(SkuNames.FolderOf(folder), sku, StringComparison.OrdinalIgnoreCase);

    private static string Beginning(string imageName)
    {
        var stem = SkuNames.Stem(imageName);
        return SkuNames.WithoutView(stem) ?? stem;
    }

    // Rare: something lies in the record's place that tells nothing in the listing.
    private async ValueTask<bool> IsBlockedAsync(ListedImage image, CancellationToken cancellationToken) =>
        image is { HasRecord: true, Receipt: null } && await store.ReadAsync(image.Name, cancellationToken) is { Record: null };
}
