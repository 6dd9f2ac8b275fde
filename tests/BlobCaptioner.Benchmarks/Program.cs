using BlobCaptioner.Benchmarks.Gallery;
using BlobCaptioner.Benchmarks.Images;
using BlobCaptioner.Benchmarks.Languages;
using BlobCaptioner.Benchmarks.Pipeline;
using BlobCaptioner.Benchmarks.Server;

return args switch
{
    ["images", "--child", var contender, var output, .. var files] => await PreparationRun.RunAsync(contender, output, files),
    ["images", .. var rest] => await ImagesBenchmark.RunAsync(rest),
    ["languages", .. var rest] => await LanguagesBenchmark.RunAsync(rest),
    ["server", .. var rest] => await ServerBenchmark.RunAsync(rest),
    ["pipeline", ..] => await PipelineCommand.RunAsync(args),
    ["gallery", .. var rest] => await GalleryBenchmark.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "Usage: dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- images [--vipsthumbnail PATH] [--rounds N] [--pictures N]\n"
        + "       dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- languages --model TEXT.gguf --mmproj VISION.gguf [--rounds N] [--pictures N]\n"
        + "       dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- server --llama-server PATH [--model TEXT.gguf --mmproj VISION.gguf --words]\n"
        + "       dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- gallery [--pictures N] [--port P]\n"
        + "       dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- pipeline [--count N] [--rounds N] [--edge PIXELS] [--json]; all options: pipeline --help");
    return 2;
}
