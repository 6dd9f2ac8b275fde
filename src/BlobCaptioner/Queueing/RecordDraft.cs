using BlobCaptioner.Captioning;
using BlobCaptioner.Results;

namespace BlobCaptioner.Queueing;

/// <summary>Makes records out of jobs and what came of them.</summary>
internal static class RecordDraft
{
    /// <summary>The model wrote its copy.</summary>
    public static CaptionRecord Described(CaptionJob job, Profile profile, CaptionModelInfo model, Caption caption, TimeSpan elapsed, DateTimeOffset at)
    {
        var attributes = profile.Fields.Where(f => f.IsAttribute).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var usage = caption.Usage;
        var record = Create(RecordStatus.Described, job, profile, model, at);
        return record with
        {
            Copy = Copy(profile, caption),
            Attributes = caption.Fields.Where(f => attributes.Contains(f.Name)).ToDictionary(f => f.Name, Attribute, StringComparer.Ordinal),
            Flags = [.. caption.Flags],
            Generation = record.Generation with
            {
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

    private static RecordAttribute Attribute(CaptionField field) =>
        new(field.Evidence == Evidence.Unknown ? null : Value(field), field.Confidence is { } c ? Math.Round(c, 4) : null) { Evidence = field.Evidence };

    private static CopyValue Value(CaptionField field) => field.Items is { } items ? new(items) : new(field.Value);

    /// <summary>The image can't be described, or was given up.</summary>
    /// <param name="status"><see cref="RecordStatus.Rejected"/> or <see cref="RecordStatus.Failed"/>.</param>
    /// <param name="job">The job.</param>
    /// <param name="profile">The profile; null where nobody here knows it.</param>
    /// <param name="model">The model that was asked; null where none was.</param>
    /// <param name="error">Why.</param>
    /// <param name="at">Now.</param>
    public static CaptionRecord Without(RecordStatus status, CaptionJob job, Profile? profile, CaptionModelInfo? model, RecordError error, DateTimeOffset at) =>
        Create(status, job, profile, model, at) with { Error = error };

    private static CaptionRecord Create(RecordStatus status, CaptionJob job, Profile? profile, CaptionModelInfo? model, DateTimeOffset at)
    {
        var version = profile?.Version ?? job.ProfileVersion;
        return new()
        {
            Status = status,
            Image = new()
            {
                Container = job.Container,
                Name = job.Name,
                ETag = job.ETag,
                ContentHash = job.ContentHash,
                Format = job.Format,
                Width = job.Width,
                Height = job.Height,
            },
            Profile = new(job.Profile, version),
            Generation = new()
            {
                Model = model?.Name,
                ModelHash = model?.Hash,
                Engine = model?.Engine,
                Prepared = job.PreparedBlob,
                Preparation = job.Preparation,
                Worker = WorkerName.Current,
                At = at,
                Tries = job.Tries,
            },
            Fingerprint = Fingerprint.Compute(job.ContentHash, job.Preparation, version, model?.Hash ?? ""),
        };
    }

    private static long Milliseconds(TimeSpan time) => (long)Math.Round(time.TotalMilliseconds);
}
