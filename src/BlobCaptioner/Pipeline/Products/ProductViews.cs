using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>Finds the views of one product in storage.</summary>
internal sealed class ProductViews(CaptionStorage storage, CaptionStore store, ProfileResolver resolve)
{
    /// <summary>
    /// Lists the names that start with the SKU, those that the catalogue gives it and those that the caller knows; the whole folder where it is named after the SKU.
    /// </summary>
    /// <remarks>
    /// Takes one listing, except for a catalogue that names files. It misses a view only if the catalogue has the SKU in other letter case and the caller does not know the
    /// name. A sweep sees every name and so finds that view; from then on the product's record names it.
    /// </remarks>
    /// <returns>Null if the product has no view.</returns>
    public async Task<ProductState?> FindAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var folder = request.View[..(request.View.LastIndexOf('/') + 1)];
        var recordName = ProductRecords.NameFor(request.View, request.Sku);
        var (views, listed) = (new Dictionary<string, ProductView>(StringComparer.Ordinal), new List<string>());
        RecordReceipt? receipt = null;
        var waiting = new Queue<string>([IsNamedAfter(folder, request.Sku) ? folder : folder + request.Sku]);
        foreach (var known in (IEnumerable<string>)[request.View, .. request.KnownViews])
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
                storage.Images, prefix, (name, found) => receipt = name == recordName ? found : receipt, cancellationToken);
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

    /// <summary>True if the folder is named after the SKU: then all its images may be views.</summary>
    public static bool IsNamedAfter(string folder, string sku) =>
        folder.Length > 0 && string.Equals(SkuNames.FolderOf(folder), sku, StringComparison.OrdinalIgnoreCase);

    private static string Beginning(string imageName)
    {
        var stem = SkuNames.Stem(imageName);
        return SkuNames.WithoutView(stem) ?? stem;
    }

    // Rare: a blob without a receipt has the record's name.
    private async ValueTask<bool> IsBlockedAsync(ListedImage image, CancellationToken cancellationToken) =>
        image is { HasRecord: true, Receipt: null } && await store.ReadAsync(image.Name, cancellationToken) is { Record: null };
}
