namespace BlobCaptioner.Cli.Folders;

/// <summary>The pictures that come with the program.</summary>
public static class SamplePictures
{
    /// <summary>Their folder, beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Samples");
}
