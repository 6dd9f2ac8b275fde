using System.Runtime.CompilerServices;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Gathers products out of the listing while it streams by: each is told once the listing has left the names that its views can have. For views that begin with
/// their SKU that is soon; for those that the catalogue or their folder makes views it is the folder's end. So memory does not grow with the container, unless a catalogue
/// names the files of one huge folder.
/// </summary>
/// <remarks>What it tells may lack views, where a listing begins in the middle or a catalogue mixes ways: whoever acts on it looks once more.</remarks>
internal sealed class ProductWatch(ProfileResolver resolve, Profile basis)
{
    // Folders' settings are fetched this far ahead.
    private const int Ahead = 32;
    private const char Last = '\uFFFF';

    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, string> _ends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecordReceipt?> _records = new(StringComparer.Ordinal);

    /// <summary>Notes a product record of the listing.</summary>
    public void Note(string name, RecordReceipt? receipt) => _records[name] = receipt;

    /// <summary>Passes images on in their order, and products in between.</summary>
    public async IAsyncEnumerable<SweepItem> ReadAsync(IAsyncEnumerable<ListedImage> images, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var window = new Queue<(ListedImage Image, Task<ResolvedProfile?> Resolved)>(Ahead);
        await foreach (var image in images.WithCancellation(cancellationToken))
        {
            window.Enqueue((image, TryAssignAsync(image.Name, cancellationToken)));
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

    /// <summary>The products that are still open, at the listing's end.</summary>
    public IEnumerable<SweepItem> Flush() => Close(_ => true);

    private async Task<ResolvedProfile?> TryAssignAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await resolve(name, basis, profileOverride: null, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Who takes the image in asks again, and tells.
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
