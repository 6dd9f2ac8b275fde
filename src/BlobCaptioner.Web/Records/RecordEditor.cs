using System.Text.Json;
using System.Text.Json.Nodes;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Setup;

namespace BlobCaptioner.Web.Records;

/// <summary>Shows records and stores reviews. A write that collides with another one is repeated if the two touch different fields, and reported as a conflict if not.</summary>
internal sealed class RecordEditor(WebContext context, RecordIndex index, IndexSync sync)
{
    private const int MaxTries = 20;

    /// <summary>Shows a record.</summary>
    public async Task<RecordView> ReadAsync(string name, CancellationToken cancellationToken) => await ViewAsync(name, await FindAsync(name, cancellationToken), cancellationToken);

    /// <summary>Stores edits.</summary>
    /// <returns>The current record, or the conflict.</returns>
    public Task<(RecordView? Now, EditConflict? Conflict)> EditAsync(string name, EditRequest request, string? who, CancellationToken cancellationToken) => ReviewAsync(
        name,
        async seen =>
        {
            var check = new EditCheck(seen.Record!, seen.Record!.Status == RecordStatus.Described ? await ProfileOfAsync(name, seen.Record, cancellationToken) : null);
            var changes = check.Check(request.Changes);
            var differences = Differences(seen.Record!, request, seen.ETag);
            return (differences.Count > 0 ? null : ReviewEditor.Edit(seen.Record!.Review, changes, who, context.Time.GetUtcNow()), differences);
        },
        cancellationToken);

    /// <summary>Stores a decision, or undoes the last step.</summary>
    /// <returns>The current record, or the conflict: the record was changed since it was seen. A person approves only what they have read.</returns>
    public Task<(RecordView? Now, EditConflict? Conflict)> DecideAsync(string name, ReviewRequest request, string? who, CancellationToken cancellationToken) => ReviewAsync(
        name,
        seen => Task.FromResult<(JsonElement?, List<string>)>((seen.ETag != request.ETag ? null : Decide(name, seen.Record!, request, who), [])),
        cancellationToken);

    /// <summary>Has records written anew.</summary>
    public async Task<RedoResult> RedoAsync(RedoAsk request, CancellationToken cancellationToken)
    {
        var part = request.Fields.Count + request.Languages.Count > 0 ? new CopyPart(request.Fields, request.Languages) : null;
        if (request.Profile is { } profile && await context.Folders.FindProfileAsync(profile, cancellationToken) is null)
        {
            throw new ApiException(
                400,
                "profile-unknown",
                $"There is no valid profile '{profile}'.",
                $"Built in: {string.Join(", ", BuiltInProfiles.Names)}; profiles of the container are in _profiles/.");
        }

        if (request.Profile is not null && part is not null)
        {
            throw new ApiException(
                400, "redo-invalid", "A redo with another profile writes the whole record.", "Leave out either the profile or the fields and languages.");
        }

        foreach (var name in part is not null || request.Profile is not null ? request.Names : [])
        {
            var seen = await RequireAsync(name, cancellationToken);
            if (request.Profile is not null && seen.Record!.Product is not null)
            {
                throw new ApiException(409, "profile-of-product", $"'{name}' belongs to a product, and all its pictures share one profile.", "Change the profile in the folder's _captioner.json.");
            }

            if (part is not null && part.Of(await ProfileOfAsync(name, seen.Record!, cancellationToken)) is null)
            {
                throw new ApiException(
                    400, "redo-invalid", $"The profile of '{name}' has no field {string.Join(", ", request.Fields)} in {string.Join(", ", request.Languages)}.", "GET /api/record names its fields and languages.");
            }
        }

        var done = await new Redo(context.Intake).RunAsync(
            new() { Profiles = context.ProfileOrDefault, Names = request.Names, Part = part, ProfileOverride = request.Profile }, cancellationToken);
        if (done.Paused > 0)
        {
            throw new ApiException(
                409, "budget-reached", $"The day's budget is reached: {done.Paused} of {done.Selected} were not sent.", "They can be sent after 00:00 UTC. Or resume on this page, or run: captioner budget resume.");
        }

        return new(done.Enqueued, done.InFlight, done.Gone + done.Blocked);
    }

    private JsonElement Decide(string name, CaptionRecord record, ReviewRequest request, string? who)
    {
        var now = context.Time.GetUtcNow();
        var review = request.State switch
        {
            "undo" => ReviewEditor.Undo(record.Review, who, now)
                ?? throw new ApiException(409, "nothing-to-undo", "This record has no step to undo.", "Reload the record."),
            "open" => ReviewEditor.Decide(record.Review, null, who, now),
            RecordReview.Approved or RecordReview.Rejected => ReviewEditor.Decide(record.Review, request.State, who, now),
            _ => throw new ApiException(400, "state-invalid", $"'{request.State}' is not a state.", "Give approved, rejected, open or undo."),
        };
        return request.State != RecordReview.Approved || record.Status == RecordStatus.Described
            ? review
            : throw new ApiException(409, "no-copy", $"'{name}' has no copy to approve.", "Replace the picture, or have it described again.");
    }

    // Stores the review that 'change' returns, and repeats both if another writer was faster. No review is a conflict in the returned fields.
    private async Task<(RecordView? Now, EditConflict? Conflict)> ReviewAsync(
        string name, Func<StoredRecord, Task<(JsonElement? Review, List<string> Differences)>> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var seen = await RequireAsync(name, cancellationToken);
            var (review, differences) = await change(seen);
            if (review is null)
            {
                return (null, new(differences, await ViewAsync(name, seen, cancellationToken), RecordReview.Read(seen.Record!.Review).By));
            }

            if (RecordReview.Problem(review) is { } why)
            {
                throw new ApiException(400, "review-invalid", $"The {why}.", "Make the edits shorter.");
            }

            EditCheck.RequireRoom(seen.Record!, review.Value);
            if (await context.Store.ReviewAsync(seen, review.Value, cancellationToken) is { } stored)
            {
                sync.Update(stored.Record!, stored.ETag);
                return (await ViewAsync(name, stored, cancellationToken), null);
            }
        }

        throw new ApiException(503, "busy", $"'{name}' is being changed by several writers.", "Try again.");
    }

    private Task<StoredRecord?> FindAsync(string name, CancellationToken cancellationToken) =>
        ProductRecords.IsProductRecord(name) ? context.Store.ReadProductAsync(name, cancellationToken) : context.Store.ReadAsync(name, cancellationToken);

    private async Task<StoredRecord> RequireAsync(string name, CancellationToken cancellationToken)
    {
        var stored = await FindAsync(name, cancellationToken) ?? throw new ApiException(404, "no-record", $"'{name}' has no record: it is not described yet, or not there.", "Wait until it is described. GET /api/why tells where it is.");
        if (stored.Record is null)
        {
            var why = stored.BlockedError(ProductRecords.IsProductRecord(name) ? name : ImageNames.RecordFor(name), name);
            throw new ApiException(409, why.Code, why.Message, why.Remedy);
        }

        return stored;
    }

    private async Task<RecordView> ViewAsync(string name, StoredRecord? stored, CancellationToken cancellationToken)
    {
        var card = index.Find(name);
        if (stored?.Record is not { } record)
        {
            // The listing may not have seen a picture that was just uploaded.
            return new()
            {
                Card = card ?? (await context.Store.GetImageETagAsync(name, cancellationToken) is { } there
                    ? IndexedPicture.Waiting(name, there, uploaded: null).Card
                    : throw ApiException.NotFound(name)),
            };
        }

        var etag = ProductRecords.IsProductRecord(name) ? "" : await context.Store.GetImageETagAsync(name, cancellationToken) ?? record.Image.ETag;
        var fresh = IndexedPicture.Of(name, etag, stored.ETag, record, card?.Uploaded).Card;
        return new()
        {
            Card = fresh,
            ETag = stored.ETag,
            Record = JsonSerializer.Deserialize<JsonElement>(CaptionStore.Serialize(record)),
            Fields = await FieldsOfAsync(name, record, cancellationToken),
            UndoSteps = ReviewEditor.Steps(record.Review),
            CanChangeProfile = record.Product is null,
        };
    }

    private async Task<IReadOnlyList<FieldView>> FieldsOfAsync(string name, CaptionRecord record, CancellationToken cancellationToken) =>
        record.Status == RecordStatus.Described ? FieldView.Of(await ProfileOfAsync(name, record, cancellationToken)) : [];

    // The current profile. Fields and languages that the record has and the profile no longer has are added.
    private async Task<Profile> ProfileOfAsync(string name, CaptionRecord record, CancellationToken cancellationToken)
    {
        var image = record.Image.Name;
        var basis = context.ProfileOrDefault(record.Profile.Name);
        var resolved = await context.Folders.ResolveAsync(image, basis, record.Profile.IsPinned ? record.Profile.Name : null, cancellationToken);
        var profile = ProductRecords.IsProductRecord(name) ? resolved.Product?.Profile ?? basis.ForProduct() : resolved.Profile;
        var missing = record.Copy.Values.SelectMany(c => c).Select(c => (c.Key, c.Value.IsList, IsAttribute: false))
            .Concat(record.Attributes.Select(a => (a.Key, IsList: a.Value.Value is { IsList: true }, IsAttribute: true)))
            .DistinctBy(f => f.Key, StringComparer.Ordinal)
            .Where(f => profile.Fields.All(p => p.Name != f.Key))
            .Select(f => new ProfileField { Name = f.Key, Kind = f.IsList ? FieldKind.TextList : FieldKind.Text, IsAttribute = f.IsAttribute, MaxCharacters = 10_000, MaxItems = 100 });
        var languages = record.Profile.Languages ?? [.. record.Copy.Keys];
        return profile with
        {
            Fields = [.. profile.Fields, .. missing],
            Languages = [.. profile.Languages, .. languages.Where(l => profile.Languages.All(p => p.Tag != l)).Select(l => new ProfileLanguage(l))],
        };
    }

    // Fields whose value differs from the one the person saw. "Was" decides if it is given, since the page may have reloaded the record while the person was writing.
    private static List<string> Differences(CaptionRecord record, EditRequest request, string etag)
    {
        var shown = EffectiveRecord.Of(record).Record;
        var fields = new List<string>();
        foreach (var change in request.Changes.Where(c => c.Was is not null || etag != request.ETag))
        {
            var now = change.Language is null
                ? shown.Attributes.GetValueOrDefault(change.Field)?.Value
                : shown.Copy.GetValueOrDefault(change.Language)?.GetValueOrDefault(change.Field);
            var was = change.Was is { ValueKind: not JsonValueKind.Null } seen ? ReviewEditor.Value(JsonNode.Parse(seen.GetRawText())) : null;
            if (Text(now) != Text(was))
            {
                fields.Add(new ReviewChange(change.Language, change.Field, null).Key);
            }
        }

        return fields;

        static string Text(CopyValue? value) => value is null ? "" : string.Join('\u001f', value.Items);
    }
}
