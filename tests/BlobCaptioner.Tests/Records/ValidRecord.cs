using BlobCaptioner.Records;
using Xunit;

namespace BlobCaptioner.Tests.Records;

/// <summary>Where tests meet records: each must hold against the published schema.</summary>
internal static class ValidRecord
{
    /// <summary>Passes a record on after it was checked as it is written; null stays null.</summary>
    public static async Task<CaptionRecord?> CheckAsync(CaptionRecord? record)
    {
        if (record is not null)
        {
            await CheckAsync([CaptionStore.Serialize(record).ToString()]);
        }

        return record;
    }

    /// <summary>Checks records as they were written.</summary>
    public static async Task CheckAsync(IReadOnlyList<string> records)
    {
        foreach (var record in records)
        {
            var errors = await RecordSchema.CheckAsync(record);
            Assert.True(errors.Count == 0, string.Join('\n', [.. errors, record]));
        }
    }

    /// <summary>Checks every record of a folder tree, of which there must be one.</summary>
    public static async Task CheckFolderAsync(string folder)
    {
        var files = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        await CheckAsync([.. await Task.WhenAll(files.Select(f => File.ReadAllTextAsync(f, TestContext.Current.CancellationToken)))]);
    }
}
