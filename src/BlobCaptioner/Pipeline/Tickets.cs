using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline;

/// <summary>A ticket as storage holds it.</summary>
/// <param name="Ticket">The ticket; null where the blob can't be read as one.</param>
/// <param name="ETag">The blob's ETag.</param>
/// <param name="Busy">How long it still is a worker's, or waits for its next try; zero or less where it is free. Storage's clock counts.</param>
internal sealed record StoredTicket(Ticket? Ticket, ETag ETag, TimeSpan Busy)
{
    /// <summary>When it was last changed, by storage's clock.</summary>
    public DateTimeOffset LastModified { get; init; }

    /// <summary>True while a worker has it whose lease has not run out.</summary>
    public bool IsHeld => Ticket?.Holder is not null && Busy > TimeSpan.Zero;
}

/// <summary>A ticket in a listing.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="ETag">Its ETag.</param>
/// <param name="LastModified">When it was last changed, by storage's clock.</param>
/// <param name="Busy"><see cref="StoredTicket.Busy"/>.</param>
/// <param name="Age">Time since <paramref name="LastModified"/>, by storage's clock.</param>
internal sealed record ListedTicket(string Name, ETag ETag, DateTimeOffset LastModified, TimeSpan Busy, TimeSpan Age);

/// <summary>The tickets in the <c>prepared</c> container. Every change is conditional on the ETag that was read.</summary>
internal sealed class Tickets(CaptionStorage storage)
{
    /// <summary>Where tickets lie in the <c>prepared</c> container. A lifecycle rule must not delete them.</summary>
    public const string Folder = "_tickets/";

    private const string HoldKey = "hold";

    // Four views with the longest names and all tries' errors take a tenth of it.
    private const long MostBytes = 1 << 20;

    /// <summary>A ticket's blob name.</summary>
    /// <param name="container">The images' container.</param>
    /// <param name="name"><see cref="CaptionJob.Name"/>.</param>
    public static string NameOf(string container, string name) => Folder + TextHash.Of($"{container}\n{name}");

    /// <summary>Reads a ticket; null where there is none.</summary>
    /// <param name="name"><see cref="CaptionJob.Name"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<StoredTicket?> ReadAsync(string name, CancellationToken cancellationToken) => ReadBlobAsync(NameOf(storage.Images.Name, name), cancellationToken);

    /// <summary>Reads a ticket by its blob's name.</summary>
    public async Task<StoredTicket?> ReadBlobAsync(string blobName, CancellationToken cancellationToken)
    {
        try
        {
            var (content, details, now) = await storage.Prepared.GetBlobClient(blobName).ReadUpToAsync(MostBytes, cancellationToken);
            var ticket = content is null ? null : Parse(content, blobName);
            return new(ticket, details.ETag, details.LastModified.AddSeconds(ticket?.HoldSeconds ?? 0) - now) { LastModified = details.LastModified };
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Writes a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="seen">The ETag of the ticket that it replaces; null where there was none.</param>
    /// <param name="cancellationToken">Gives up; it may have been written.</param>
    /// <returns>Its ETag; null where another ticket is there than was seen, or none: read it again.</returns>
    public async Task<ETag?> TryWriteAsync(Ticket ticket, ETag? seen, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobUploadOptions
            {
                Conditions = seen is { } etag ? new() { IfMatch = etag } : new() { IfNoneMatch = ETag.All },
                HttpHeaders = new() { ContentType = "application/json" },
                Metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [HoldKey] = ticket.HoldSeconds.ToString(CultureInfo.InvariantCulture) },
            };
            var blob = storage.Prepared.GetBlobClient(NameOf(ticket.Container, ticket.Job.Name));
            return (await blob.UploadAsync(new BinaryData(JsonSerializer.SerializeToUtf8Bytes(ticket, MessageJson.Compact.Ticket)), options, cancellationToken)).Value.ETag;
        }
        catch (RequestFailedException error) when (IsConflict(error))
        {
            return null;
        }
    }

    /// <summary>Deletes a ticket.</summary>
    /// <param name="blobName">The blob's name.</param>
    /// <param name="seen">The ticket's ETag.</param>
    /// <param name="cancellationToken">Gives up; it may have been deleted.</param>
    /// <returns>False where another ticket is there, or another program leases it.</returns>
    public async Task<bool> TryDeleteAsync(string blobName, ETag seen, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Prepared.GetBlobClient(blobName).DeleteIfExistsAsync(conditions: new() { IfMatch = seen }, cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException error) when (IsConflict(error) || error.IsLocked())
        {
            return false;
        }
    }

    /// <summary>Lists all tickets, without their contents.</summary>
    public async IAsyncEnumerable<ListedTicket> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = Folder };
        await foreach (var page in storage.Prepared.GetBlobsAsync(options, cancellationToken).AsPages())
        {
            var now = page.GetRawResponse().Headers.Date;
            foreach (var blob in page.Values)
            {
                if (blob.Properties is { ETag: { } etag, LastModified: { } changed })
                {
                    var age = (now ?? changed) - changed;
                    yield return new(blob.Name, etag, changed, TimeSpan.FromSeconds(Hold(blob.Metadata)) - age, age);
                }
            }
        }
    }

    private static int Hold(IDictionary<string, string> metadata) =>
        int.TryParse(metadata.FirstOrDefault(m => m.Key.Equals(HoldKey, StringComparison.OrdinalIgnoreCase)).Value, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    // A missing container is no conflict, but an error of the set-up.
    private static bool IsConflict(RequestFailedException error) =>
        BlobConflict.IsConflict(error) || (error.Status == 404 && error.ErrorCode != BlobErrorCode.ContainerNotFound);

    // A ticket of another name or without views is nobody's. It is replaced or removed like one that is no JSON.
    private static Ticket? Parse(BinaryData content, string blobName)
    {
        try
        {
            var ticket = JsonSerializer.Deserialize(content, MessageJson.Compact.Ticket);
            return ticket is { Job: not ProductJob { Views.Count: 0 } } && NameOf(ticket.Container, ticket.Job.Name) == blobName ? ticket : null;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }
}
