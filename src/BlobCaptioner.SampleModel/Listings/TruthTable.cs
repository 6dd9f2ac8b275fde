using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>The right attributes of drawn pictures as the CSV of <c>captioner eval --truth</c>. A value that the picture doesn't tell is empty.</summary>
internal static class TruthTable
{
    private static readonly IReadOnlyList<ProfileField> s_fields = FieldsOf(BuiltInProfiles.Default);

    /// <summary>The header row.</summary>
    public static string Header => "file," + string.Join(',', s_fields.Select(f => f.Name));

    /// <summary>The row of a picture. No value contains a comma or a quote.</summary>
    public static string Row(string file, PictureLabel label) => file + "," + string.Join(',', s_fields.Select(f => Value(f, label)));

    /// <summary>The right value of an attribute; empty for "unknown".</summary>
    public static string Value(ProfileField field, PictureLabel label) =>
        ListingWriter.Write(field, language: null, label)[0] is var value && value == "unknown" ? "" : value;

    /// <summary>The attributes of a profile that drawn pictures have a right value for.</summary>
    public static IReadOnlyList<ProfileField> FieldsOf(Profile profile) => [.. profile.Fields.Where(f => f.IsAttribute && f.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo)];
}
