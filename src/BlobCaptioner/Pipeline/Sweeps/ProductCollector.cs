using System.Runtime.CompilerServices;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Collects products from a listing. A product is complete once the listing has passed the names that its views can have: soon for views whose names begin with their SKU,
/// and at the folder's end for views by catalogue or folder. So memory does not grow with the container, unless a catalogue names the files of one huge folder.
/// </summary>
/// <remarks>A product may lack views, if a listing begins in the middle or a catalogue mixes both kinds. So the views are read again before the product is enqueued.</remarks>
internal sealed class ProductCollector(ProfileResolver resolve, Profile basis)
{
    // Folders' settings are read this many images ahead.
    private const int Ahead = 32;
    private const char Last = '\uFFFF';

    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, string> _ends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecordReceipt?> _records = new(StringComparer.Ordinal);

    /// <summary>Adds a product record of the listing.</summary>
    public void AddRecord(string name, RecordReceipt? receipt) => _records[name] = receipt;

    /// <summary>Returns the images in their order, and complete products in between.</summary>
    public async IAsyncEnumerable<SweepItem> ReadAsync(IAsyncEnumerable<ListedImage> images, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var window = new Queue<(ListedImage Image, Task<ResolvedProfile?> Resolved)>(Ahead);
        await foreach (var image in images.WithCancellation(cancellationToken))
        {
            window.Enqueue((image, TryResolveAsync(image.Name, cancellationToken)));
            if (window.Count == Ahead)
            {
                foreach (var item in Take(window.Peek().Image, await window.Dequeue().Resolved))
                {
                    yield return item;
                }
            }
        }

        while (window.TryDequeue(out var rest))
        {
            foreach (var item in Take(rest.Image, await rest.Resolved))
            {
                yield return item;
            }
        }
    }

    /// <summary>The remaining products, at the listing's end.</summary>
    public IEnumerable<SweepItem> Flush() => Close(_ => true);

    private async Task<ResolvedProfile?> TryResolveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await resolve(name, basis, profileOverride: null, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Intake reads them again and reports the error.
            return null;
        }
    }

    private IEnumerable<SweepItem> Take(ListedImage image, ResolvedProfile? resolved)
    {
        foreach (var closed in Close(end => string.CompareOrdinal(end, image.Name) < 0))
        {
            yield return closed;
        }

        if (resolved is { Product: not null, Sku: { } sku })
        {
            var name = ProductRecords.NameFor(image.Name, sku);
            if (!_open.TryGetValue(name, out var product))
            {
                _open[name] = product = new(sku, []);
                _ends.Enqueue(name, EndOf(image.Name, sku, resolved));
            }

            product.Views.Add(new(image, resolved));
        }

        yield return new(image, resolved, Product: null);
    }

    private static string EndOf(string imageName, string sku, ResolvedProfile resolved)
    {
        var folder = imageName[..(imageName.LastIndexOf('/') + 1)];
        var beginsWithSku = imageName.AsSpan(folder.Length).StartsWith(sku, StringComparison.Ordinal);
        return beginsWithSku && resolved.Siblings.Count == 0 && !ProductViews.IsNamedAfter(folder, sku) ? folder + sku + Last : folder + Last;
    }

    private IEnumerable<SweepItem> Close(Func<string, bool> isOver)
    {
        while (_ends.TryPeek(out var name, out var end) && isOver(end))
        {
            _ends.Dequeue();
            _records.Remove(name, out var receipt);
            if (_open.Remove(name, out var product))
            {
                yield return new(Image: null, Resolved: null, new(name, product.Sku, product.Views, receipt));
            }
        }
    }

    private sealed record Open(string Sku, List<ProductView> Views);
}

/// <summary>An image or a complete product of a listing.</summary>
/// <param name="Image">The image; null for a product.</param>
/// <param name="Resolved">What to write about the image; null if its folder's settings could not be read.</param>
/// <param name="Product">The product; null for an image.</param>
internal sealed record SweepItem(ListedImage? Image, ResolvedProfile? Resolved, ProductState? Product);
