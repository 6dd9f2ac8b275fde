using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Makes records out of jobs and what came of them.</summary>
internal static class RecordDraft
{
    /// <summary>IPTC's word for what a model made: https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia.</summary>
    private const string MadeByModel = "trainedAlgorithmicMedia";

    /// <summary>The model wrote its copy.</summary>
    public static CaptionRecord Described(
        Ticket ticket, ResolvedProfile resolved, CaptionModelInfo model, Caption caption, int variation, TimeSpan elapsed, DateTimeOffset at)
    {
        var profile = resolved.Profile;
        var attributes = profile.Fields.Where(f => f.IsAttribute).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var usage = caption.Usage;
        var record = Create(RecordStatus.Described, ticket, resolved, model, at);
        return record with
        {
            Copy = Copy(profile, caption),
            Attributes = caption.Fields.Where(f => attributes.Contains(f.Name)).ToDictionary(f => f.Name, Attribute, StringComparer.Ordinal),
            Facts = Facts(resolved.Facts),
            Flags = [.. caption.Flags],
            Profile = record.Profile with { Languages = [.. profile.Languages.Select(l => l.Tag)] },
            Generation = record.Generation with
            {
                Variation = variation,
                DigitalSourceType = caption.Fields.Count > 0 ? MadeByModel : null,
                PromptTokens = usage.PromptTokens,
                ImageTokens = usage.ImageTokens,
                OutputTokens = usage.OutputTokens,
                SampledTokens = usage.SampledTokens,
                Cost = usage.Cost,
                Currency = usage.Currency,
                Repairs = usage.Repairs,
                ServedBy = usage.ServedBy,
                TotalMs = Milliseconds(elapsed),
                QueuedMs = Milliseconds(usage.Queued),
                EncodeMs = Milliseconds(usage.Encode),
                PrefillMs = Milliseconds(usage.Prefill),
                DecodeMs = Milliseconds(usage.Decode),
            },
        };
    }

    /// <summary>The copy that the model wrote for the same bytes under another name, without a model's work.</summary>
    public static CaptionRecord Reused(Ticket ticket, ResolvedProfile resolved, CaptionRecord from, TimeSpan elapsed, DateTimeOffset at)
    {
        var record = Create(RecordStatus.Described, ticket, resolved, model: null, at);
        return record with
        {
            Copy = from.Copy,
            Attributes = from.Attributes,
            Facts = from.Facts,
            Flags = from.Flags,
            Profile = from.Profile,
            Generation = record.Generation with
            {
                Model = from.Generation.Model,
                ModelHash = from.Generation.ModelHash,
                Engine = from.Generation.Engine,
                ServedBy = from.Generation.ServedBy,
                Sampler = from.Generation.Sampler,
                DigitalSourceType = from.Generation.DigitalSourceType,
                ReusedFrom = from.Image.Name,
                TotalMs = Milliseconds(elapsed),
            },
            Fingerprint = from.Fingerprint,
        };
    }

    /// <summary>A view of a product of which nothing is to be written but its product.</summary>
    public static CaptionRecord Bare(Ticket ticket, ResolvedProfile resolved, DateTimeOffset at) => Create(RecordStatus.Described, ticket, resolved, model: null, at);

    /// <summary>A product's record whose pictures have the same bytes as before, with the names and ETags of now.</summary>
    public static CaptionRecord RefreshedProduct(Ticket ticket, ResolvedProfile resolved, CaptionRecord record) =>
        record with { Image = Image(ticket), Product = Product(ticket, resolved) };

    // In the profile's order, a language without fields left out.
    private static Dictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy(Profile profile, Caption caption)
    {
        var attributes = profile.Fields.Where(f => f.IsAttribute).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        return caption.Fields.Where(f => !attributes.Contains(f.Name))
            .GroupBy(f => f.Language ?? profile.Language, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key,
                g => (IReadOnlyDictionary<string, CopyValue>)g.ToDictionary(f => f.Name, Value, StringComparer.Ordinal),
                StringComparer.Ordinal);
    }

    // The key of the catalogue's row stands with what the row says: exports need both.
    private static Dictionary<string, string>? Facts(ProductFacts facts)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (facts.Sku is { } sku)
        {
            all["sku"] = sku;
        }

        foreach (var (name, value) in facts.Values)
        {
            all.TryAdd(name, value);
        }

        return all.Count > 0 ? all : null;
    }

    private static RecordAttribute Attribute(CaptionField field) =>
        new(field.Evidence == Evidence.Unknown ? null : Value(field), field.Confidence is { } c ? Math.Round(c, 4) : null) { Evidence = field.Evidence };

    private static CopyValue Value(CaptionField field) => field.Items is { } items ? new(items) : new(field.Value);

    /// <summary>The image can't be described, or was given up.</summary>
    /// <param name="status"><see cref="RecordStatus.Rejected"/> or <see cref="RecordStatus.Failed"/>.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="resolved">What was to be written; null where nobody here knows it.</param>
    /// <param name="model">The model that was asked; null where none was.</param>
    /// <param name="error">Why.</param>
    /// <param name="at">Now.</param>
    public static CaptionRecord Without(RecordStatus status, Ticket ticket, ResolvedProfile? resolved, CaptionModelInfo? model, RecordError error, DateTimeOffset at) =>
        Create(status, ticket, resolved, model, at) with { Error = error };

    private static CaptionRecord Create(RecordStatus status, Ticket ticket, ResolvedProfile? resolved, CaptionModelInfo? model, DateTimeOffset at)
    {
        var (job, version) = (ticket.Job, resolved?.Version ?? ticket.ProfileVersion);
        return new()
        {
            Status = status,
            Image = Image(ticket),
            Profile = new(resolved?.Profile.Name ?? ticket.Profile, version) { IsPinned = ticket.Want.ProfileOverride is not null },
            Product = Product(ticket, resolved),
            Generation = new()
            {
                Model = model?.Name,
                ModelHash = model?.Hash,
                Engine = model?.Engine,
                Sampler = model is not null && resolved is { Profile.Sampling: var s }
                    ? new(s.Temperature, s.TopP, s.TopK, s.PresencePenalty, s.Seed)
                    : null,
                Prepared = job.PreparedBlob,
                Preparation = job.Preparation,
                Worker = WorkerName.Current,
                At = at,
                Tries = ticket.Tries.Count,
                Failures = Failures(ticket.Tries),
                Redo = ticket.Want.Redo,
                Rounds = status == RecordStatus.Failed ? ticket.Rounds : 0,
            },
            Fingerprint = Fingerprint.Compute(job.ContentHash, job.Preparation, version, model?.Hash ?? ""),
        };
    }

    // Of a product its main view.
    private static RecordImage Image(Ticket ticket)
    {
        var main = ticket.Job.Main;
        return new()
        {
            Container = ticket.Container,
            Name = main.Name,
            ETag = main.ETag,
            ContentHash = main.ContentHash,
            Format = main.Format,
            Width = main.Width,
            Height = main.Height,
        };
    }

    // This worker's own last try ends with the record, which says how.
    private static List<RecordFailure>? Failures(IReadOnlyList<TicketTry> tries)
    {
        var ended = tries is [.., { Error: null } last] && last.Worker == WorkerName.Current ? tries.SkipLast(1) : tries;
        List<RecordFailure> failures = [.. ended.Select(t => new RecordFailure { At = t.At, Worker = t.Worker, Error = t.Error ?? "worker-vanished: The worker died." })];
        return failures.Count > 0 ? failures : null;
    }

    private static RecordProduct? Product(Ticket ticket, ResolvedProfile? resolved) => ticket.Job is ProductJob product
        ? new(product.Sku, resolved?.Views ?? [.. product.Views.Select(v => v.Name)]) { ViewsHash = product.ViewsHash }
        : resolved?.Sku is { } sku ? new(sku, [ticket.Job.Name]) : null;

    private static long Milliseconds(TimeSpan time) => (long)Math.Round(time.TotalMilliseconds);
}
