using BlobCaptioner.Records;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Index;

/// <summary>A row of the index.</summary>
/// <param name="Card">The card.</param>
/// <param name="ETag">The image's ETag; empty for a product.</param>
/// <param name="RecordETag">The record's ETag; empty if there is no record.</param>
/// <param name="Text">The text to search.</param>
internal sealed record IndexedPicture(PictureCard Card, string ETag, string RecordETag, string Text)
{
    /// <summary>A picture without a record.</summary>
    public static IndexedPicture Waiting(string name, string etag, DateTimeOffset? uploaded) =>
        new(new() { Name = name, State = PictureState.Waiting, Image = name, ImageVersion = etag, Uploaded = uploaded }, etag, "", name);

    /// <summary>A picture or product whose record can't be read.</summary>
    public static IndexedPicture Broken(string name, string etag, string recordETag, RecordError why, DateTimeOffset? uploaded)
    {
        var waiting = Waiting(name, etag, uploaded);
        return waiting with
        {
            Card = waiting.Card with { State = PictureState.Failed, IsProduct = ProductRecords.IsProductRecord(name), Problem = $"{why.Message} {why.Remedy}" },
            RecordETag = recordETag,
        };
    }

    /// <summary>A picture with its record.</summary>
    /// <param name="name">The image's name, or a product record's.</param>
    /// <param name="etag">The image's ETag as listed; empty for a product.</param>
    /// <param name="recordETag">The record's ETag.</param>
    /// <param name="record">The record.</param>
    /// <param name="uploaded">When the image was uploaded.</param>
    public static IndexedPicture Of(string name, string etag, string recordETag, CaptionRecord record, DateTimeOffset? uploaded)
    {
        var effective = EffectiveRecord.Of(record);
        var shown = effective.Record;
        var texts = shown.Copy.Values.SelectMany(f => f.Values).SelectMany(v => v.Items);
        var values = shown.Attributes.Values.SelectMany(a => a.Value?.Items ?? []);
        var card = new PictureCard
        {
            Name = name,
            State = etag.Length > 0 && record.Image.ETag != etag ? PictureState.Waiting
                : record.Status == RecordStatus.Rejected ? PictureState.Rejected
                : record.Status == RecordStatus.Failed ? PictureState.Failed
                : effective.IsApproved ? PictureState.Approved
                : effective.IsRejected ? PictureState.Declined : PictureState.Described,
            IsProduct = record.Product?.ViewsHash is not null,
            Image = record.Image.Name,
            ImageVersion = record.Image.ContentHash ?? record.Image.ETag,
            Title = shown.Copy.Values.SelectMany(f => f.Values).Select(v => v.ToString()).FirstOrDefault(t => t.Length > 0),
            Problem = record.Error?.Message,
            Profile = record.Profile.Name,
            Flags = record.Flags,
            Languages = [.. shown.Copy.Keys],
            IsEdited = effective.Review.HasEdits,
            Uploaded = uploaded,
        };
        return new(card, etag, recordETag, string.Join('\n', [name, .. texts, .. values]));
    }
}
