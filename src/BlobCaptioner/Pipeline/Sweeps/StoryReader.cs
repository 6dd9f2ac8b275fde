using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Tells the <see cref="PictureStory"/> of a picture or product. It writes nothing. Whether a record is up to date, and whether a message is lost, is decided by the code that
/// sweeps use.
/// </summary>
/// <param name="intake">The intake with the options of the sweeps.</param>
public sealed class StoryReader(ImageIntake intake)
{
    private const int MostPeeked = 32;
    private const int MostViewsNamed = 8;

    /// <summary>Reads a story: four to eight requests, for a product also the listing of its views.</summary>
    /// <param name="name">A picture's name, that of its record, or that of a product's record. Any text is told about.</param>
    /// <param name="basis">The profile where the folder names none: that of the sweeps.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<PictureStory> ReadAsync(string name, Profile basis, CancellationToken cancellationToken)
    {
        if (ProductRecords.IsProductRecord(name) && ImageNames.Problem(name) is null)
        {
            return StoryEnding.Tell(await WithPauseAsync(await ReadProductAsync(name, basis, cancellationToken), cancellationToken));
        }

        var isRecord = name.EndsWith(".json", StringComparison.Ordinal) && ImageNames.IsImage(name[..^".json".Length]);
        var image = isRecord ? name[..^".json".Length] : name;
        if (WhyNotAPicture(image) is { } why)
        {
            return new()
            {
                Name = name,
                State = StoryState.NotAPicture,
                Events = [new(StoryEventKind.Name, null, why)],
                Next = RecordError.OfName(image)?.Remedy ?? "Nothing: no sweep looks at it.",
            };
        }

        var story = await WithPauseAsync(await ReadPictureAsync(image, basis, cancellationToken), cancellationToken);
        return StoryEnding.Tell(isRecord ? story with { First = new(StoryEventKind.Name, null, $"'{name}' is the name of a record. This is the story of its picture.") } : story);
    }

    private static string? WhyNotAPicture(string name)
    {
        var file = name[(name.LastIndexOf('/') + 1)..];
        return name.EndsWith('/') ? $"'{ImageNames.Printable(name)}' is the name of a folder."
            : ImageNames.Problem(name) is { } problem ? $"'{ImageNames.Printable(name)}' {problem}: captioner can't work with such a name."
            : file is FolderSettings.FileName ? $"'{name}' is reserved: it holds the settings of its folder."
            : file is FolderSettings.CatalogName ? $"'{name}' is reserved: it holds the catalogue of its folder."
            : Array.Find(name.Split('/'), part => part is ['_' or '.', ..]) is { } reserved ? $"'{name}' is reserved: a name with a part that starts with '_' or '.' ('{reserved}') is not a picture's."
            : !ImageNames.IsImage(name) ? $"'{name}' is not a picture's name: names of pictures do not end in .json."
            : null;
    }

    private async Task<StoryParts> WithPauseAsync(StoryParts parts, CancellationToken cancellationToken) => parts.IsWanted
        ? parts with { Pause = (await BudgetStatus.ReadAsync(intake.Storage, intake.Time, cancellationToken))?.Paused }
        : parts;

    // In the order of an intake: a job that ended before the ticket was read has written the record that is read after it.
    private async Task<StoryParts> ReadPictureAsync(string name, Profile basis, CancellationToken cancellationToken)
    {
        var blob = await FindAsync(intake.Storage.Images, name, cancellationToken);
        var etag = blob is null || ImageListing.IsFolder(blob.Metadata) ? null : blob.ETag.Plain();
        var ticket = await intake.Dispatch.Tickets.ReadAsync(name, cancellationToken);
        var stored = await intake.Store.ReadAsync(name, cancellationToken);
        var resolved = await intake.Resolve(name, basis, profileOverride: null, cancellationToken);
        var seen = new List<StoryEvent>
        {
            etag is not null ? new(StoryEventKind.Uploaded, blob!.LastModified, $"It was uploaded: {Kilobytes(blob.ContentLength)}, version (ETag) {etag}.")
                : blob is not null ? new(StoryEventKind.Gone, blob.LastModified, $"'{name}' is the marker of a folder, not a picture.")
                : new(StoryEventKind.Gone, null, $"There is no picture '{name}' in the container '{intake.Storage.Images.Name}'."),
        };
        if (etag is not null && resolved is { Sku: { } sku, Product: not null })
        {
            seen.Add(new(StoryEventKind.Views, null, $"It is a view of the product '{sku}', whose own story is that of '{ProductRecords.NameFor(name, sku)}'."));
        }

        if (etag is not null && resolved.Error is { } broken)
        {
            seen.Add(new(StoryEventKind.Settings, null, $"Its folder's settings are broken: {broken.Message} {broken.Remedy}"));
        }

        return new StoryParts
        {
            Name = name,
            RecordName = ImageNames.RecordFor(name),
            Container = intake.Storage.Images.Name,
            Version = etag,
            Now = etag is null ? null : intake.FreshnessOf(etag, resolved),
            Profile = resolved.Profile.Name,
            HasBrokenSettings = resolved.Error is not null,
            Seen = seen,
            Ticket = ticket,
            Stored = stored,
            Prepared = etag is null ? null : await FindPreparedAsync(ticket, stored, etag, cancellationToken),
            Place = await FindPlaceAsync(name, ticket, cancellationToken),
        };
    }

    private async Task<StoryParts> ReadProductAsync(string name, Profile basis, CancellationToken cancellationToken)
    {
        var ticket = await intake.Dispatch.Tickets.ReadAsync(name, cancellationToken);
        var stored = await intake.Store.ReadProductAsync(name, cancellationToken);
        var state = await FindProductAsync(name, ticket?.Ticket?.Job as ProductJob, stored?.Record, basis, cancellationToken);
        var open = state?.Views.Where(v => !v.IsSettled).Select(v => v.Image.Name).ToList() ?? [];
        var seen = new List<StoryEvent>
        {
            state is null ? new(StoryEventKind.Gone, null, "No picture of its folder is a view of it under the present settings.") : new(StoryEventKind.Views, null, ViewsText(state)),
        };
        return new StoryParts
        {
            Name = name,
            RecordName = name,
            Container = intake.Storage.Images.Name,
            Version = state is { IsReady: true } ? state.ViewsHash : null,
            Now = state is { IsReady: true } ? intake.Products.FreshnessOf(state) : null,
            Profile = state?.Resolved.Profile.Name ?? basis.Name,
            OpenViews = open,
            Seen = seen,
            Ticket = ticket,
            Stored = stored,
            Place = await FindPlaceAsync(name, ticket, cancellationToken),
        };
    }

    private static string ViewsText(ProductState state)
    {
        var named = state.Views.Take(MostViewsNamed).Select(v => $"{v.Image.Name} ({(v.IsUsable ? "described" : v.IsBlocked ? "blocked" : v.IsSettled ? "not usable" : "not described yet")})");
        var more = state.Views.Count > MostViewsNamed ? $" and {state.Views.Count - MostViewsNamed} more" : "";
        return $"The product '{state.Sku}' has {Count(state.Views.Count, "view")}: {string.Join(", ", named)}{more}.";
    }

    // Ticket and record know views whose names do not contain the SKU. Without them the folder is searched.
    private async Task<ProductState?> FindProductAsync(string name, ProductJob? job, CaptionRecord? record, Profile basis, CancellationToken cancellationToken)
    {
        var known = job?.Views.Select(v => v.Name).Concat(record?.Product?.Views ?? []).ToList() ?? [.. record?.Product?.Views ?? []];
        if ((job?.Sku ?? record?.Product?.Sku) is { } sku && known.Count > 0)
        {
            return await intake.Products.Views.FindAsync(new() { View = known[0], Sku = sku, Basis = basis, KnownViews = known }, cancellationToken);
        }

        var folder = name[..(name.LastIndexOf('/') + 1)];
        await foreach (var image in ImageListing.ReadFolderAsync(intake.Storage.Images, folder, (_, _) => { }, cancellationToken))
        {
            var resolved = await intake.Resolve(image.Name, basis, profileOverride: null, cancellationToken);
            if (resolved is { Product: not null, Sku: { } its } && ProductRecords.NameFor(image.Name, its) == name)
            {
                return await intake.Products.Views.FindAsync(new() { View = image.Name, Sku = its, Basis = basis }, cancellationToken);
            }
        }

        return null;
    }

    private async Task<StoryEvent?> FindPreparedAsync(StoredTicket? ticket, StoredRecord? stored, string etag, CancellationToken cancellationToken)
    {
        var prepared = ticket?.Ticket is { } waiting && waiting.Job.Version == etag ? waiting.Job.PreparedBlob
            : stored?.Record is { } record && record.Image.ETag == etag ? record.Generation.Prepared
            : null;
        return prepared is null ? null
            : await FindAsync(intake.Storage.Prepared, prepared, cancellationToken) is { } blob
                ? new(StoryEventKind.Prepared, blob.CreatedOn, $"It was taken in: its prepared image {prepared} was stored, {Kilobytes(blob.ContentLength)}. Pictures with the same bytes share it.")
                : new(StoryEventKind.Prepared, null, $"It was taken in; its prepared image {prepared} was deleted since, and is made again when it is needed.");
    }

    private async Task<QueuePlace?> FindPlaceAsync(string name, StoredTicket? ticket, CancellationToken cancellationToken)
    {
        if (ticket is not { Ticket: not null } || ticket.Busy > TimeSpan.Zero)
        {
            return null;
        }

        var front = await QueueFront.ReadAsync(intake.Storage, cancellationToken);
        var waiting = (await intake.Storage.Captions.PeekMessagesAsync(MostPeeked, cancellationToken)).Value;
        var ahead = Array.FindIndex(waiting, m => CaptionMessage.TryParse(m.Body.ToString(), out var hint, out _) && hint!.Name == name && hint.Container == intake.Storage.Images.Name);
        var length = waiting.Length == MostPeeked && ahead < 0 ? (await intake.Storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount : waiting.Length;
        var patience = LostMessages.Patience(front, intake.LostAfter) + ticket.Busy;
        return new(ahead, length, LostMessages.IsLost(ticket.Busy, ticket.LastModified, front, intake.LostAfter), patience > TimeSpan.Zero ? patience : TimeSpan.Zero);
    }

    private static async Task<BlobProperties?> FindAsync(BlobContainerClient container, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    private static string Kilobytes(long bytes) => bytes < 10_000 ? $"{bytes:N0} bytes" : $"{bytes / 1000.0:N0} kB";

    /// <summary>A number and its noun.</summary>
    internal static string Count(long number, string noun) => $"{number:N0} {noun}{(number == 1 ? "" : "s")}";
}

/// <summary>Where the message of a free ticket is.</summary>
/// <param name="Ahead">Messages before it; negative where it is not among the first 32 that wait.</param>
/// <param name="Length">Messages in the queue; approximate.</param>
/// <param name="IsLost">True where a sweep would send it again now.</param>
/// <param name="Patience">How long sweeps still leave the ticket alone.</param>
internal sealed record QueuePlace(int Ahead, int Length, bool IsLost, TimeSpan Patience);

/// <summary>What storage holds about a picture or product.</summary>
internal sealed record StoryParts
{
    public required string Name { get; init; }

    public required string RecordName { get; init; }

    /// <summary>The images' container.</summary>
    public required string Container { get; init; }

    /// <summary>The present <see cref="CaptionJob.Version"/>; null where the picture is gone, or the product has no settled views.</summary>
    public required string? Version { get; init; }

    /// <summary>What a record would say now; null where <see cref="Version"/> is.</summary>
    public required Freshness? Now { get; init; }

    /// <summary>Name of the profile that a sweep would take.</summary>
    public required string Profile { get; init; }

    public bool HasBrokenSettings { get; init; }

    /// <summary>Of a product: the views that have no up-to-date record yet.</summary>
    public IReadOnlyList<string> OpenViews { get; init; } = [];

    /// <summary>An event before all others; null for none.</summary>
    public StoryEvent? First { get; init; }

    public required IReadOnlyList<StoryEvent> Seen { get; init; }

    public StoryEvent? Prepared { get; init; }

    public required StoredTicket? Ticket { get; init; }

    public required StoredRecord? Stored { get; init; }

    /// <summary>Why sending is paused; null where it goes on, and where nothing is to be sent.</summary>
    public string? Pause { get; init; }

    /// <summary>The time until a sweep takes a failed record up by itself; null for never.</summary>
    public TimeSpan? NextRound => Stored?.Receipt is { } receipt ? RetryRounds.Default.WaitFor(receipt) : null;

    /// <summary>True where a sweep has something to do, unless a ticket says that it is on its way.</summary>
    public bool IsWanted => Version is not null && Stored is not { Record: null } && (!IsFresh || NextRound <= TimeSpan.Zero);

    /// <summary>Null where the ticket is not free.</summary>
    public required QueuePlace? Place { get; init; }

    /// <summary>What makes the record out of date; empty where it is fresh, and where there is nothing to compare.</summary>
    public IReadOnlyList<string> Differs => field ??= Compare();

    /// <summary>True where a sweep takes the record as up to date.</summary>
    public bool IsFresh => Now is not null && Stored is { Record: not null, HasReceipt: true } && Differs.Count == 0;

    // A sweep asks the listing's receipt first, and the record itself where that one is out of date.
    private IReadOnlyList<string> Compare()
    {
        if (Now is not { } now || Stored is not { Record: { } record })
        {
            return [];
        }

        return Stored.Receipt is { } listed && now.IsFresh(listed) ? [] : [.. now.Differences(RecordReceipt.Of(record))];
    }
}
