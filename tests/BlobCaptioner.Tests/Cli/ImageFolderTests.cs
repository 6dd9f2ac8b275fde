using BlobCaptioner.Cli;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class ImageFolderTests(AzuriteFixture files)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void List_ATree_LeavesOutDotFilesRecordsAndLinks()
    {
        var folder = files.CreateFolder();
        foreach (var name in (string[])["b.jpg", "a/c.png", "a/c.png.json", ".git/x.jpg", "a/.DS_Store", "_captioner.json", "a/_catalog.csv"])
        {
            PictureFiles.Write(folder, name, [1]);
        }

        File.CreateSymbolicLink(Path.Combine(folder, "passwd.jpg"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(folder, "loop"), folder);
        var links = new List<string>();
        var names = ImageFolder.List(folder, links.Add).Select(f => f.BlobName).ToList();
        Assert.Equal(["_captioner.json", "a/_catalog.csv", "a/c.png", "b.jpg"], names);
        Assert.Equal(["loop", "passwd.jpg"], links.Select(l => Path.GetFileName(l)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Check_AFileInsteadOfAFolder_SaysWhatToDo()
    {
        var folder = files.CreateFolder();
        PictureFiles.Write(folder, "x.jpg", [1]);
        var error = Assert.Throws<UsageException>(() => ImageFolder.Check(Path.Combine(folder, "x.jpg")));
        Assert.Contains("captioner describe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UploadAsync_ASecondTime_SendsOnlyWhatChanged()
    {
        var folder = files.CreateFolder();
        var container = await files.CreateContainerAsync("upload", Cancellation);
        PictureFiles.Write(folder, "same + 1%.jpg", [1, 2, 3]);
        PictureFiles.Write(folder, "sub/changes.jpg", [1, 2, 3]);
        var first = await UploadAsync();
        Assert.Equal((2, 0, 0), (first.Uploaded, first.Unchanged, first.Failed));
        PictureFiles.Write(folder, "sub/changes.jpg", [1, 2, 4]);
        var second = await UploadAsync();
        Assert.Equal((1, 1, 0), (second.Uploaded, second.Unchanged, second.Failed));
        var content = await container.GetBlobClient("sub/changes.jpg").DownloadContentAsync(Cancellation);
        Assert.Equal([1, 2, 4], content.Value.Content.ToArray());
        Assert.Equal("image/jpeg", content.Value.Details.ContentType);

        Task<UploadSummary> UploadAsync() => ImageUploader.UploadAsync(folder, container, _ => { }, (path, why) => Assert.Fail(path + why), Cancellation);
    }

    [Fact]
    public async Task UploadAsync_ANameThatIsTooLong_IsReportedAndTheOthersGoOn()
    {
        // 6 folders of 250 characters: the file system takes it, a blob's name ends at 1,024
        var folder = files.CreateFolder();
        var container = await files.CreateContainerAsync("upload", Cancellation);
        PictureFiles.Write(folder, string.Join('/', Enumerable.Repeat(new string('x', 250), 6)) + "/deep.jpg", [1]);
        PictureFiles.Write(folder, "fine.jpg", [1]);
        var troubles = new List<string>();
        var summary = await ImageUploader.UploadAsync(folder, container, _ => { }, (_, why) => troubles.Add(why), Cancellation);
        Assert.Equal((1, 1), (summary.Uploaded, summary.Failed));
        Assert.Contains("1514 characters", Assert.Single(troubles), StringComparison.Ordinal);
    }
}
