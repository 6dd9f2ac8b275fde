namespace BlobCaptioner.Profiles;

/// <summary>One language of a profile.</summary>
/// <param name="Tag">BCP 47: <c>de</c>, <c>pt-BR</c>, <c>zh-Hans</c>.</param>
/// <param name="Fields">Names of the copy fields that are written in it; null for all.</param>
public sealed record ProfileLanguage(string Tag, IReadOnlyList<string>? Fields = null);
