using Azure;
using BlobCaptioner.Images;
using NetVips;

namespace BlobCaptioner.Web.Pictures;

/// <summary>Small pictures for cards, made from the prepared image where there is one.</summary>
internal sealed class Thumbnails(WebContext context) : IDisposable
{
    private const int Edge = 320;
    private const int Quality = 80;

    // What a card of 320 pixels needs of a picture that nobody has prepared yet: 12×12 tokens of 32 pixels.
    private const int Tokens = 144;

    private readonly SemaphoreSlim _turns = new(Math.Max(2, Environment.ProcessorCount / 2));

    /// <summary>JPEG, at most 320 pixels on each side; null where the picture can't be shown.</summary>
    /// <param name="image">The image blob's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<byte[]?> MakeAsync(string image, CancellationToken cancellationToken)
    {
        var record = (await context.Store.ReadAsync(image, cancellationToken))?.Record;
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return await LoadAsync(image, record?.Generation.Prepared, cancellationToken) is { } jpeg ? await Task.Run(() => Shrink(jpeg), cancellationToken) : null;
        }
        catch (VipsException)
        {
            return null;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private async Task<byte[]?> LoadAsync(string image, string? prepared, CancellationToken cancellationToken)
    {
        if (prepared is { Length: > 0 })
        {
            try
            {
                return (await context.Storage.Prepared.GetBlobClient(prepared).DownloadContentAsync(cancellationToken)).Value.Content.ToArray();
            }
            catch (RequestFailedException error) when (error.Status == 404)
            {
                // The lifecycle rule: it is made from the image again.
            }
        }

        try
        {
            var blob = (await context.Storage.Images.GetBlobClient(image).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            await using var content = blob.Content;
            return await context.Preparer.PrepareAsync(content, image, blob.Details.ContentLength, Tokens, cancellationToken) is PreparationOutcome.Prepared ready
                ? ready.Jpeg.ToArray()
                : null;
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    private static byte[] Shrink(byte[] jpeg)
    {
        using var small = Image.ThumbnailBuffer(jpeg, Edge, height: Edge, size: Enums.Size.Down);
        return small.JpegsaveBuffer(q: Quality, keep: Enums.ForeignKeep.None);
    }
}
