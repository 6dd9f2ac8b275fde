using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Evaluation;

/// <summary>What drawn pictures show, as <c>captioner eval --truth</c> reads it: what a picture doesn't tell is left empty.</summary>
internal static class TruthTable
{
    private static readonly IReadOnlyList<ProfileField> s_fields = FieldsOf(BuiltInProfiles.Default);

    /// <summary>The columns.</summary>
    public static string Header => "file," + string.Join(',', s_fields.Select(f => f.Name));

    /// <summary>A picture's row. No value has a comma or a quote.</summary>
    public static string Row(string file, PictureLabel label) => file + "," + string.Join(',', s_fields.Select(f => Value(f, label)));

    /// <summary>The right value of an attribute; empty for unknown.</summary>
    public static string Value(ProfileField field, PictureLabel label) =>
        ListingWriter.Write(field, language: null, label)[0] is var value && value == "unknown" ? "" : value;

    /// <summary>The attributes of a profile that are known of drawn pictures.</summary>
    public static IReadOnlyList<ProfileField> FieldsOf(Profile profile) => [.. profile.Fields.Where(f => f.IsAttribute && f.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo)];
}
