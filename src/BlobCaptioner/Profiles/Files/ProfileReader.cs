namespace BlobCaptioner.Profiles.Files;

/// <summary>Reads profile files: checked by the published schema (<see cref="ProfileSchema"/>), then for how the parts fit together.</summary>
public static class ProfileReader
{
    /// <summary>Longest file in bytes: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Reads a profile file: a complete one, or one that starts from a built-in profile with <c>extends</c>.</summary>
    /// <param name="json">UTF-8 JSON; comments and trailing commas are accepted.</param>
    /// <param name="fileName">Named in errors; its stem is the profile's name where the file gives none.</param>
    /// <exception cref="ProfileException">It can't be used; each problem names file, path, value and what is allowed.</exception>
    public static Profile Read(ReadOnlyMemory<byte> json, string fileName)
    {
        var file = ProfileFile.Parse(json, fileName);
        return file.Merge(file.BaseName is { } name ? FindBuiltIn(file, name, fileName) : null);
    }

    /// <summary>Reads a <c>_captioner.json</c>.</summary>
    /// <param name="json">UTF-8 JSON; comments and trailing commas are accepted.</param>
    /// <param name="fileName">Named in errors.</param>
    /// <param name="basis">The profile that it changes where it names none.</param>
    /// <param name="custom">Finds a profile of the container, <c>_profiles/NAME.json</c>; null where there is none of that name.</param>
    /// <exception cref="ProfileException">It can't be used; each problem names file, path, value and what is allowed.</exception>
    public static Profile ReadFolder(ReadOnlyMemory<byte> json, string fileName, Profile basis, Func<string, Profile?> custom)
    {
        var file = ProfileFile.Parse(json, fileName);
        return file.Merge(file.BaseName is { } name ? custom(name) ?? FindBuiltIn(file, name, fileName) : basis);
    }

    /// <summary>Reads a profile file from disk.</summary>
    /// <exception cref="ProfileException">It can't be read or used.</exception>
    public static Profile ReadFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > MaxBytes } large
                ? throw new ProfileException($"{path}: has {large.Length:N0} bytes; the most is {MaxBytes:N0}. Shorten its lists.")
                : Read(File.ReadAllBytes(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProfileException($"{path}: can't be read: {error.Message}", error);
        }
    }

    private static Profile FindBuiltIn(ProfileFile file, string name, string fileName) => BuiltInProfiles.Find(name)
        ?? throw new ProfileException($"{fileName}: {file.BasePath}: '{name}' is not one of {string.Join(", ", BuiltInProfiles.Names)}"
            + (file.BasePath == "$.profile" ? $", and the container has no '{FolderSettings.CustomProfile(name)}'" : ""));
}
