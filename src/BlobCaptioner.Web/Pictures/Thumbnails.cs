using Azure;
using BlobCaptioner.Images;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Setup;
using NetVips;

namespace BlobCaptioner.Web.Pictures;

/// <summary>Makes the small pictures of the gallery's cards, from the prepared image if there is one.</summary>
internal sealed class Thumbnails(WebContext context) : IDisposable
{
    private const int Edge = 320;
    private const int Quality = 80;

    // Budget of a picture that is not prepared yet: 12×12 tokens of 32 pixels suffice for 320 pixels.
    private const int Tokens = 144;

    private readonly SemaphoreSlim _limit = new(Math.Max(2, Environment.ProcessorCount / 2));

    /// <summary>JPEG, at most 320 pixels on each side; null if the picture can't be decoded.</summary>
    /// <param name="image">The image blob's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<byte[]?> MakeAsync(string image, CancellationToken cancellationToken)
    {
        var record = (await context.Store.ReadAsync(image, cancellationToken))?.Record;
        await _limit.WaitAsync(cancellationToken);
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
            _limit.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limit.Dispose();

    private async Task<byte[]?> LoadAsync(string image, string? prepared, CancellationToken cancellationToken)
    {
        // A record may name anything.
        if (prepared is not null && ImageNames.Problem(prepared) is null)
        {
            try
            {
                return (await context.Storage.Prepared.GetBlobClient(prepared).DownloadContentAsync(cancellationToken)).Value.Content.ToArray();
            }
            catch (RequestFailedException error) when (error.Status == 404)
            {
                // The lifecycle rule deleted it. The thumbnail is made from the image.
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
