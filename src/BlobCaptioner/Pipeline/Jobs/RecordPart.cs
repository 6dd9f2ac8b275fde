using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Writes a part of a record anew. The other texts and attributes stay, with their flags.</summary>
internal static class RecordPart
{
    /// <summary>
    /// The profile of the part that a ticket asks for; null where all of the record is to be written. That is also the case where another record is there now than the one that the
    /// part was asked for.
    /// </summary>
    public static Profile? Of(Ticket ticket, ResolvedProfile resolved, CaptionRecord? present) =>
        present is { Status: RecordStatus.Described } && present.Profile.Version == resolved.Version && IsOfSameImages(ticket.Job, present) ? ticket.Want.Part?.Of(resolved.Profile) : null;

    private static bool IsOfSameImages(CaptionJob job, CaptionRecord present) =>
        job is ProductJob product ? present.Product?.ViewsHash == product.ViewsHash : present.Image.ContentHash == job.ContentHash;

    /// <summary>The record with the part in it.</summary>
    /// <param name="whole">The present record.</param>
    /// <param name="part">What was written, with its receipt.</param>
    /// <param name="profile">The profile of the part.</param>
    public static CaptionRecord Merge(CaptionRecord whole, CaptionRecord part, Profile profile)
    {
        // Flags of a single language have no tag, which they need among several.
        var prefix = profile.Languages.Count == 1 && whole.Profile.Languages is { Count: > 1 } ? profile.Language + "." : "";
        var flags = part.Flags.Select(f => part.Attributes.ContainsKey(FieldOf(f)) || f.Contains('.', StringComparison.Ordinal) ? f : prefix + f);
        var attributes = new Dictionary<string, RecordAttribute>(whole.Attributes, StringComparer.Ordinal);
        foreach (var (name, value) in part.Attributes)
        {
            attributes[name] = value;
        }

        return part with
        {
            Copy = RecordCopy.Merge(whole.Copy, part.Copy),
            Attributes = attributes,
            Flags = [.. whole.Flags.Where(f => !IsRewritten(f, profile)), .. flags],
            Facts = whole.Facts,
            Profile = whole.Profile,
        };
    }

    private static bool IsRewritten(string flag, Profile profile)
    {
        var field = FieldOf(flag);
        var dot = flag.IndexOf('.', StringComparison.Ordinal);
        return profile.Fields.Any(f => f.Name == field) && (dot < 0 || profile.Languages.Any(l => l.Tag == flag[..dot]));
    }

    // "de.title-cut", "color-low-confidence": names of fields have no hyphen, but tags of languages may.
    private static string FieldOf(string flag)
    {
        var name = flag.AsSpan(flag.IndexOf('.', StringComparison.Ordinal) + 1);
        return name[..(name.IndexOf('-') is var end and >= 0 ? end : name.Length)].ToString();
    }
}
